package io.rowback.bench;

import io.rowback.bench.Figure.Target;
import io.rowback.bench.Users.Traffic;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Bytes on disk per change with all indexes, of a million changes to users: four UPDATEs to one INSERT. The baseline does
 * not count. What other encodings would take is told by {@link Encodings}.
 */
final class SizeRow implements Bench.Measurement {
    private static final int ROUNDS = 5;
    private static final int UPDATES = 160_000;
    private static final int INSERTS = 40_000;
    private static final int CHANGES = ROUNDS * (UPDATES + INSERTS);

    @Override
    public void measure(Path folder, Consumer<Figure> told) throws SQLException {
        StoreFiles files = store(folder);
        long wal = files.walBytes();
        long all = files.bytes();
        Map<String, Long> fresh = files.families(false);
        long baseline = fresh.getOrDefault("baseline", 0L);
        told.accept(new Figure(
                "size",
                "bytes per change, as the daemon leaves it",
                perChange(all - baseline),
                Target.NONE,
                String.format(Locale.ROOT, "of which RocksDB's log %.1f", perChange(wal))));
        told.accept(figure("bytes per change before compaction, without that log", fresh, Target.NONE));
        told.accept(figure("bytes per change after compaction", files.families(true), Target.atMost(45)));
        new Encodings(files.folder()).figures(folder).forEach(told);
    }

    private static StoreFiles store(Path folder) throws SQLException {
        try (PostgresServer server = Servers.large(18).start()) {
            Database database = server.createDatabase("bench");
            Users users = new Users(database).create().fill();
            try (CaptureDaemon daemon = CaptureDaemon.covering(database, folder, 2)) {
                for (int i = 0; i < ROUNDS; i++) {
                    users.change(Traffic.UPDATES, UPDATES);
                    users.change(Traffic.INSERTS, INSERTS);
                }
                daemon.awaitChanges(CHANGES);
                return new StoreFiles(daemon.store());
            }
        }
    }

    private static Figure figure(String what, Map<String, Long> families, Target target) {
        long sum = families.entrySet().stream()
                .filter(family -> !family.getKey().equals("baseline"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        String parts = families.entrySet().stream()
                .filter(family -> !family.getKey().equals("baseline") && perChange(family.getValue()) > 0.05)
                .map(family -> String.format(Locale.ROOT, "%s %.1f", family.getKey(), perChange(family.getValue())))
                .collect(Collectors.joining(", "));
        return new Figure("size", what, perChange(sum), target, parts);
    }

    private static double perChange(long bytes) {
        return bytes / (double) CHANGES;
    }
}
