package io.rowback.history;

/**
 * Where a change stands in commit order: the LSN of its transaction's commit record and its ordinal within that
 * transaction, counted from 0 in the order in which Postgres sends it. The same on every redelivery.
 */
public record Position(Lsn commit, int ordinal) implements Comparable<Position> {
    @Override
    public int compareTo(Position other) {
        int order = commit.compareTo(other.commit);
        return order != 0 ? order : Integer.compareUnsigned(ordinal, other.ordinal);
    }

    @Override
    public String toString() {
        return commit + "#" + ordinal;
    }
}
