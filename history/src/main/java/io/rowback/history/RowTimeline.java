package io.rowback.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The life of one row under one key: its changes in commit order, their images resolved from the baseline and from each
 * other, so that an unchanged TOAST value or a before image that the stream lacked is known wherever the history knows
 * it. Pure but for the reader it asks.
 */
public final class RowTimeline {
    private final HistoryReader reader;
    private final TableInfo table;

    public RowTimeline(HistoryReader reader, TableInfo table) {
        this.reader = reader;
        this.table = table;
    }

    /**
     * A change and the row around it.
     *
     * @param change as stored
     * @param before the row under this key just before, null if there was none or (while not covered) none is known
     * @param after the row under this key just after, null if there is none: deleted, truncated, or moved to another key
     */
    public record Version(
            Change change,
            @Nullable RowImage before,
            @Nullable RowImage after) {}

    /** What the table held under a key: a row, no row, or the history cannot tell. */
    public sealed interface State {
        /** A row was there; its unknown columns are those that the history does not know. */
        record Present(RowImage image) implements State {}

        /** No row was there. */
        record Absent() implements State {}

        /** The moment is not covered. */
        record NotCovered() implements State {}

        /** The row, or null if none was there or the history cannot tell. */
        default @Nullable RowImage imageOrNull() {
            return this instanceof Present present ? present.image() : null;
        }
    }

    /** The changes of the row with a commit LSN in [from, to), resolved, oldest first. */
    public List<Version> versions(RowKey key, Lsn from, Lsn to) {
        return replay(key, new Position(to, 0)).stream()
                .filter(version -> !version.change().position().commit().isBefore(from))
                .toList();
    }

    /** What the table held under the key after all commits below {@code at} and none above. */
    public State asOf(RowKey key, Lsn at) {
        Optional<Coverage> coverage =
                table.coverage().stream().filter(c -> c.includes(at)).reduce((older, newer) -> newer);
        if (coverage.isEmpty()) {
            return new State.NotCovered();
        }
        RowImage image = imageBefore(key, new Position(at, 0));
        return image == null ? new State.Absent() : new State.Present(image);
    }

    /** The row under the key just before that position; null if there was none or the position is not covered. */
    private @Nullable RowImage imageBefore(RowKey key, Position at) {
        List<Version> versions = replay(key, at);
        Lsn start = coverageStart(at.commit());
        if (!versions.isEmpty()) {
            Version last = versions.get(versions.size() - 1);
            if (!last.change().position().commit().isBefore(start)) {
                return last.after();
            }
        }
        return reader.baseline(table.schema().id(), key, at.commit()).orElse(null);
    }

    private List<Version> replay(RowKey key, Position end) {
        List<Version> versions = new ArrayList<>();
        TableId id = table.schema().id();
        try (Stream<Change> changes =
                reader.changes(id, key, Lsn.ZERO, end.commit().next())) {
            RowImage row = null;
            Lsn start = null;
            for (Change change : (Iterable<Change>) changes::iterator) {
                if (change.position().compareTo(end) >= 0) {
                    break;
                }
                Lsn coverage = coverageStart(change.position().commit());
                if (!coverage.equals(start)) {
                    start = coverage;
                    row = reader.baseline(id, key, change.position().commit()).orElse(null);
                }
                Version version = resolve(change, key, row);
                versions.add(version);
                row = version.after();
            }
        }
        return versions;
    }

    private Version resolve(Change change, RowKey key, @Nullable RowImage row) {
        return switch (change.operation()) {
            case TRUNCATE -> new Version(change, row, null);
            case INSERT -> new Version(change, null, change.after());
            case DELETE ->
                new Version(change, Objects.requireNonNull(change.before()).filledFrom(row), null);
            case UPDATE -> resolveUpdate(change, key, row);
        };
    }

    private Version resolveUpdate(Change change, RowKey key, @Nullable RowImage row) {
        RowImage before = Objects.requireNonNull(change.before());
        RowImage after = Objects.requireNonNull(change.after());
        RowKey oldKey = change.oldKey();
        if (oldKey == null) {
            RowImage older = before.filledFrom(row);
            return new Version(change, older, after.filledFrom(older));
        }
        if (oldKey.equals(key)) {
            return new Version(change, before.filledFrom(row), null);
        }
        RowImage older = before.filledFrom(imageBefore(oldKey, change.position()));
        return new Version(change, null, after.filledFrom(older));
    }

    /** The start of the newest coverage that includes {@code at}, or {@link Lsn#ZERO} where none does. */
    private Lsn coverageStart(Lsn at) {
        return table.coverage().stream()
                .filter(coverage -> coverage.includes(at))
                .map(Coverage::from)
                .reduce(Lsn.ZERO, (older, newer) -> newer);
    }
}
