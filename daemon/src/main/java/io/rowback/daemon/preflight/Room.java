package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.DISK;

import io.rowback.history.Coverage;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.StoreFolder;
import io.rowback.postgres.Amount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How long the disks last at the present rate: the server's while nobody reads its log, and the store's. The server's can
 * be asked only where it is this machine's.
 */
final class Room {
    private static final Duration ABSENCE_MIN = Duration.ofDays(1);
    private static final Duration STORE_MIN = Duration.ofDays(14);
    /** A process's start is told in ticks and rounded. */
    private static final Duration SAME_START = Duration.ofSeconds(5);

    private static final String LOG = """
            SELECT w.wal_bytes, pg_catalog.clock_timestamp() AS now, w.stats_reset AS since,
                   -- It is hidden from roles without pg_read_all_settings.
                   (SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'data_directory') AS folder,
                   pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_slot_wal_keep_size')) AS keep_size,
                   pg_catalog.pg_database_size(pg_catalog.current_database()) AS database_size,
                   a.pid, a.backend_start
              FROM pg_catalog.pg_stat_wal w
             CROSS JOIN pg_catalog.pg_stat_activity a
             WHERE a.pid = pg_catalog.pg_backend_pid()
            """;

    private Room() {}

    /** Looks at the server's disk, and tells how many bytes the database has. */
    static double look(Connection connection, List<Finding> findings) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(LOG)) {
            row.next();
            log(row, findings);
            return row.getDouble("database_size");
        }
    }

    private static void log(ResultSet row, List<Finding> findings) throws SQLException {
        Instant since = instant(row, "since");
        Rate rate = new Rate(row.getDouble("wal_bytes"), Duration.between(since, instant(row, "now")));
        Instant told = since.truncatedTo(ChronoUnit.SECONDS);
        findings.add(DISK.ok(
                rate.isKnown()
                        ? "the server writes " + Amount.bytes(rate.aDay()) + " of log a day, as it did since " + told
                        : "the server has written " + Amount.bytes(rate.bytes()) + " of log since " + told
                                + ", too short a time to tell how much it writes a day"));
        double keep = row.getDouble("keep_size");
        if (keep >= 0) {
            String week = keepSize(7 * rate.aDay());
            findings.add(rate.judge(
                    "max_slot_wal_keep_size allows for " + Amount.bytes(keep) + " of log while nobody reads it",
                    keep,
                    ABSENCE_MIN,
                    week));
        }
        boolean here = isHere(row.getLong("pid"), instant(row, "backend_start"));
        OptionalDouble room = here ? room(row.getString("folder")) : OptionalDouble.empty();
        findings.add(
                room.isPresent()
                        ? serversDisk(room.getAsDouble(), keep, rate)
                        : DISK.ok("the room on the server's disk cannot be told from here: it is another machine's, or"
                                + " closed to our role or account"));
    }

    private static Finding serversDisk(double room, double keep, Rate rate) {
        String text = "the server's disk has room for " + Amount.bytes(room) + " of log";
        if (keep > room) {
            return DISK.warn(
                    text + ", less than max_slot_wal_keep_size: it fills up before the slot is given up",
                    keepSize(room / 2));
        }
        return rate.judge(text, room, ABSENCE_MIN, "a larger disk for pg_wal");
    }

    private static String keepSize(double bytes) {
        return "ALTER SYSTEM SET max_slot_wal_keep_size = '%.0fMB'; SELECT pg_reload_conf();"
                .formatted(Math.ceil(bytes / (1 << 20)));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** Whether a server's process is one of this machine. An address does not tell, for there are tunnels. */
    private static boolean isHere(long pid, Instant start) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().startInstant())
                .map(begun -> Duration.between(begun, start).abs().compareTo(SAME_START) < 0)
                .orElse(false);
    }

    /** The room of the disk that the server's log lies on; of a folder that we may not enter, of the one the folder is on. */
    private static OptionalDouble room(@Nullable String folder) {
        if (folder == null) {
            return OptionalDouble.empty();
        }
        OptionalDouble room = room(Path.of(folder, "pg_wal"));
        return room.isPresent() ? room : room(Path.of(folder));
    }

    private static OptionalDouble room(Path path) {
        try {
            return OptionalDouble.of((double) Files.getFileStore(path).getUsableSpace());
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    /** Looks at the store's disk; the database's size is NaN where it is not known. */
    static Finding store(Path store, long minFree, double databaseSize) {
        Path there = store.toAbsolutePath();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        OptionalDouble room = room(there);
        if (room.isEmpty()) {
            return DISK.warn("the room on the disk of " + store + " cannot be told", null);
        }
        String text = "the store's disk has room for " + Amount.bytes(room.getAsDouble());
        String mend = "a larger disk for store.dir, " + store;
        double usable = room.getAsDouble() - minFree;
        if (usable < minFree) {
            String left = usable < 0 ? ": nothing more is stored" : ": below that nothing more is stored";
            return DISK.warn(
                    text + ", less than " + (usable < 0 ? "" : "twice ") + "store.min_free, "
                            + Amount.bytes((double) minFree) + left,
                    mend);
        }
        if (!RocksHistoryReader.isStore(store)) {
            if (Double.isNaN(databaseSize)) {
                return DISK.ok(text);
            }
            String baseline =
                    ", the database has " + Amount.bytes(databaseSize) + ", of which the baseline takes a part";
            return usable > databaseSize ? DISK.ok(text + baseline) : DISK.warn(text + baseline, mend);
        }
        try {
            double size = StoreFolder.bytes(store);
            String has = text + " beside the " + Amount.bytes(size) + " that the store has";
            Optional<Instant> since = coveredSince(store);
            if (since.isEmpty()) {
                return DISK.ok(has + ", which covers nothing yet");
            }
            Rate rate = new Rate(size, Duration.between(since.get(), Instant.now()));
            String began = has + " since " + since.get().truncatedTo(ChronoUnit.SECONDS);
            return rate.judge(began, usable, STORE_MIN, mend);
        } catch (RowbackException | UncheckedIOException e) {
            return DISK.warn(text + "; the store's size cannot be told: " + e.getMessage(), null);
        }
    }

    private static Optional<Instant> coveredSince(Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            return reader.tables().stream()
                    .flatMap(table -> table.coverage().stream())
                    .map(Coverage::since)
                    .min(Instant::compareTo);
        }
    }
}
