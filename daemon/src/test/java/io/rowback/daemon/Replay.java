package io.rowback.daemon;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableInfo;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A table as history tells it: its baseline with every later change applied, and a check that each change fits. */
final class Replay {
    private Replay() {}

    /** The table's rows, values separated by bars, by their key as a number. */
    static List<String> rows(HistoryReader reader, String name) {
        TableInfo table = reader.tables().stream()
                .filter(info -> info.schema().name().toString().equals(name))
                .findFirst()
                .orElseThrow();
        Coverage coverage = table.coverage().get(table.coverage().size() - 1);
        Map<RowKey, RowImage> rows = new TreeMap<>(
                Comparator.comparing(key -> Long.parseLong(key.values().get(0))));
        try (Stream<RowImage> baseline = reader.baseline(table.schema().id(), Lsn.MAX)) {
            baseline.forEach(row -> rows.put(Objects.requireNonNull(row.key()), row));
        }
        try (Stream<Change> changes = reader.changes(table.schema().id(), coverage.from(), Lsn.MAX)) {
            changes.forEach(change -> apply(change, rows));
        }
        return rows.values().stream().map(Replay::line).toList();
    }

    private static void apply(Change change, Map<RowKey, RowImage> rows) {
        RowKey key = Objects.requireNonNull(change.key());
        switch (change.operation()) {
            case INSERT -> require(rows.put(key, Objects.requireNonNull(change.after())) == null, change);
            case UPDATE -> require(rows.put(key, Objects.requireNonNull(change.after())) != null, change);
            case DELETE -> require(rows.remove(key) != null, change);
            case TRUNCATE -> rows.clear();
        }
    }

    private static void require(boolean fits, Change change) {
        if (!fits) {
            throw new AssertionError("does not fit what was before: " + change);
        }
    }

    private static String line(RowImage row) {
        return row.values().stream().map(Object::toString).collect(Collectors.joining("|"));
    }
}
