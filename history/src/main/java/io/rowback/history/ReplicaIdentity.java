package io.rowback.history;

/** What Postgres logs of a row's old version, {@code pg_class.relreplident}. */
public enum ReplicaIdentity {
    /** The primary key, when it changes or the row is deleted. */
    DEFAULT('d'),
    /** Nothing. */
    NOTHING('n'),
    /** The whole old row. */
    FULL('f'),
    /** The columns of one unique index. */
    INDEX('i');

    private final char code;

    ReplicaIdentity(char code) {
        this.code = code;
    }

    /**
     * The identity that {@code pg_class} and pgoutput write as this letter.
     *
     * @throws IllegalArgumentException if the letter is none of d, n, f, i
     */
    public static ReplicaIdentity of(char code) {
        for (ReplicaIdentity identity : values()) {
            if (identity.code == code) {
                return identity;
            }
        }
        throw new IllegalArgumentException("not a replica identity: " + code);
    }
}
