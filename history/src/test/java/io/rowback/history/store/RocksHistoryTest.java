package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryContract;
import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import io.rowback.history.HistoryWriter.Batch;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.Published;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreMeasures;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import io.rowback.history.Voided;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksHistoryTest extends HistoryContract {
    private static final int SMALL_EPOCHS = 100;
    /** A file of so many bytes is not small any more; one of a few changes has a third. */
    private static final long FULL = 5_000;

    @TempDir
    private Path directory;

    @Override
    protected HistoryWriter open() {
        return RocksHistoryWriter.open(directory, SMALL_EPOCHS);
    }

    @Override
    protected HistoryReader read() {
        return RocksHistoryReader.open(directory);
    }

    @Test
    void lastCommitOfATableIsKnownToTheNextWriterAsFarBackAsTheLastLookAtThePublication(@TempDir Path folder) {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        TableSchema others =
                TableFixture.table("others").column("id", "bigint").key("id").build();
        Lsn last;
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(users);
            history.commit(insert(row(others, "1")));
            writer.published(new Published(history.here(), List.of()));
            history.commit(insert(row(users, "1")));
            last = history.commit(insert(row(users, "2"))).commit();
        }
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.lastCommit(users.id())).isEqualTo(last);
            assertThat(writer.lastCommit(others.id())).isEqualTo(Lsn.ZERO);
        }
    }

    /** Starts so often, each time for two rows of the table. */
    private static void start(Path folder, TableSchema table, int times, int epochBytes) {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, epochBytes)) {
            new HistoryFixture(writer).baseline(table);
        }
        for (int i = 0; i < times; i++) {
            try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, epochBytes)) {
                HistoryFixture history = HistoryFixture.goingOn(writer);
                history.commit(insert(row(table, Integer.toString(2 * i))));
                history.commit(insert(row(table, Integer.toString(2 * i + 1))));
            }
        }
    }

    @Test
    void manySmallFilesAreMergedOnceBesideReadersWhoMissNothing(@TempDir Path folder) throws Exception {
        int starts = 40;
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        start(folder, users, starts, Integer.MAX_VALUE);
        try (Database database = StoreFolder.open(folder);
                RocksHistoryReader before = RocksHistoryReader.open(folder)) {
            SmallFiles log = new SmallFiles(database, 2 * FULL, starts / 4);
            assertThat(files(database, Family.LOG)).hasSizeGreaterThanOrEqualTo(starts);
            // What has just been flushed lies in the first level until RocksDB moves it.
            for (int i = 0; i < 600 && files(database, Family.LOG).size() > starts / 2; i++) {
                log.merge(() -> {});
                Thread.sleep(50);
            }
            Map<String, Long> merged = files(database, Family.LOG);
            assertThat(merged).hasSizeLessThanOrEqualTo(starts / 2);
            merged.values().removeIf(bytes -> bytes < FULL);
            new SmallFiles(database, 2 * FULL, 0).merge(() -> {});
            assertThat(files(database, Family.LOG)).containsAllEntriesOf(merged).hasSizeLessThanOrEqualTo(starts / 2);
            assertThat(before.changes(Lsn.ZERO, Lsn.MAX)).hasSize(2 * starts);
        }
        try (RocksHistoryReader after = RocksHistoryReader.open(folder)) {
            assertThat(after.changes(Lsn.ZERO, Lsn.MAX)).hasSize(2 * starts);
        }
    }

    @Test
    void smallFilesOfAnEpochThatIsOverBecomeOne(@TempDir Path folder) throws Exception {
        int starts = 50;
        Family times = Family.TIMES;
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        start(folder, users, starts, 2 * SMALL_EPOCHS);
        try (Database database = StoreFolder.open(folder);
                RocksHistoryReader before = RocksHistoryReader.open(folder)) {
            int epochs = Metadata.load(database, Schemas.load(database))
                    .epochs()
                    .all()
                    .size();
            assertThat(epochs).as("epochs").isBetween(5, starts / 4);
            // The newest goes on, and what has just been flushed lies in the first level until RocksDB moves it.
            int most = epochs + starts / epochs + 4;
            assertThat(files(database, times)).hasSizeGreaterThan(2 * most);
            Set<String> settled = Set.of();
            for (int i = 0; i < 600 && (settled.isEmpty() || settled.size() > most); i++) {
                Set<String> found = files(database, times).keySet();
                new SmallFiles(database, SmallFiles.FULL, 0).merge(() -> {});
                Thread.sleep(50);
                settled = files(database, times).keySet().equals(found) ? found : Set.of();
            }
            // To merge again what is merged would write it anew at each look.
            assertThat(settled).hasSizeBetween(epochs, most);
            assertThat(before.changes(Lsn.ZERO, Lsn.MAX)).hasSize(2 * starts);
        }
        assertSound(folder, 2 * starts);
    }

    private static Map<String, Long> files(Database database, Family family) {
        Map<String, Long> files = new HashMap<>();
        database.arrange(family, (rocks, handle) -> rocks.getLiveFilesMetaData().stream()
                .filter(file -> Arrays.equals(file.columnFamilyName(), family.diskName()))
                .forEach(file -> files.put(file.fileName(), file.size())));
        return files;
    }

    @Test
    void readerThatTheWriterIsAlwaysAheadOfSaysSo(@TempDir Path folder) throws Exception {
        Path list = Files.createFile(folder.resolve("MANIFEST-000001"));
        Files.writeString(folder.resolve("CURRENT"), "MANIFEST-000001\n");
        assertThatThrownBy(() -> RocksHistoryReader.complete(() -> grow(list), folder, FileList.NONE))
                .isInstanceOfSatisfying(RowbackException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNUSABLE);
                    assertThat(e.getMessage()).contains("changed 1000 times while it was being opened");
                    assertThat(e.hint())
                            .contains("when rowbackd has less to do")
                            .doesNotContain("account");
                });
    }

    private static void grow(Path file) {
        try {
            Files.writeString(file, "another file", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatNeverHappenedStaysReadableInAFolderOfItsOwn(@TempDir Path folder) {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        Timeline first = new Timeline(1, Lsn.ZERO);
        Lsn fork;
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, SMALL_EPOCHS)) {
            HistoryFixture history = new HistoryFixture(writer);
            writer.follow(List.of(first));
            history.baseline(users, row(users, "1"), row(users, "2"));
            fork = history.commit(insert(row(users, "3"))).end();
            for (int i = 10; i < 40; i++) {
                history.commit(insert(row(users, Integer.toString(i))));
            }
            history.baseline(users, row(users, "1"));
            writer.follow(List.of(first, new Timeline(2, fork)));
            assertThat(writer.info().voided())
                    .containsExactly(new Voided(1, fork, history.here(), 30, "voided-1-0-1180"));
            history.commit(insert(row(users, "50")));
        }
        assertSound(folder, 2);
        assertSound(folder.resolve("voided-1-0-1180"), 31);
        RocksHistoryWriter.open(folder, SMALL_EPOCHS).close();
        assertSound(folder, 2);
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, SMALL_EPOCHS)) {
            HistoryFixture history = HistoryFixture.goingOn(writer);
            for (int i = 60; i < 90; i++) {
                history.commit(insert(row(users, Integer.toString(i))));
            }
            assertThat(writer.forget(Lsn.MAX)).isTrue();
            assertThat(writer.info().voided()).isEmpty();
        }
        assertThat(folder.resolve("voided-1-0-1180"))
                .as("all of it lies below the horizon")
                .doesNotExist();
    }

    @Test
    void whatAnInterruptionLeftOfWhatNeverHappenedIsTakenOutNextTime(@TempDir Path folder) throws Exception {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        List<Timeline> before = List.of(new Timeline(1, Lsn.ZERO));
        List<Timeline> now;
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            writer.follow(before);
            history.baseline(users, row(users, "1"));
            now = List.of(before.get(0), new Timeline(2, history.commit().end()));
            history.commit(insert(row(users, "2")));
            history.baseline(users, row(users, "1"), row(users, "2"));
            writer.follow(now);
        }
        restore(folder, folder.resolve("voided-1-0-1180"));
        assertThat(baselineRows(folder)).isEqualTo(3);
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.info().timelines()).isEqualTo(before);
            writer.follow(now);
            assertThat(writer.info().voided()).hasSize(1);
        }
        assertThat(baselineRows(folder)).isEqualTo(1);
        assertSound(folder, 0);
    }

    /** Puts back what stands in the store until the end: the baselines and the timelines as they were known before. */
    private static void restore(Path store, Path before) throws Exception {
        byte[] timelines = Keys.meta("timelines");
        try (Database from = Database.open(before);
                Database to = Database.open(store);
                Write write = to.begin();
                Cursor rows = from.cursor(Family.BASELINE, KeyRange.ALL)) {
            while (rows.next()) {
                write.put(Family.BASELINE, rows.key(), rows.value());
            }
            write.put(Family.META, timelines, Objects.requireNonNull(from.get(Family.META, timelines)));
            write.commit(Database.Durability.SYNCED);
        }
    }

    private static long baselineRows(Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            return reader.verify((family, entries) -> {}).baselineRows();
        }
    }

    @Test
    void entriesOfDdlThatNeverHappenedAreTakenOut(@TempDir Path folder) throws Exception {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        List<String> ddl = List.of("{\"ddl\": \"ALTER TABLE\", \"table\": \"5\"}");
        Transaction kept;
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            writer.follow(List.of(new Timeline(1, Lsn.ZERO)));
            kept = history.commit(ddl, insert(row(users, "1")));
            history.commit(ddl, insert(row(users, "2")));
            writer.follow(List.of(new Timeline(1, Lsn.ZERO), new Timeline(2, kept.end())));
        }
        try (Database database = Database.open(folder);
                Cursor entries = database.cursor(Family.META, KeyRange.prefix(Keys.meta("ddl/")))) {
            assertThat(entries.next()).isTrue();
            assertThat(Keys.metaLsn(entries.key())).isEqualTo(kept.commit());
            assertThat(entries.next()).isFalse();
        }
    }

    @Test
    void measuresTellWhatTheStoreTakesAndHowOftenItWasSynced(@TempDir Path folder) {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        // So many go straight into a file.
        RowImage[] rows = IntStream.range(0, 5_000)
                .mapToObj(id -> row(users, Integer.toString(id)))
                .toArray(RowImage[]::new);
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(users, rows);
            StoreMeasures before = writer.measures();
            history.commit(insert(row(users, "5000")));
            StoreMeasures after = writer.measures();
            assertThat(after.syncs()).isGreaterThan(before.syncs());
            assertThat(after.syncing()).isGreaterThan(before.syncing());
            assertThat(after.bytes()).hasSize(Family.values().length + 1).containsEntry("log", 0L);
            assertThat(after.bytes().get("wal")).isGreaterThan(before.bytes().get("wal"));
            assertThat(after.bytes().get("baseline")).isPositive();
        }
    }

    private static void assertSound(Path store, long changes) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            Verification verification = reader.verify((family, entries) -> {});
            assertThat(verification.findings()).isEmpty();
            assertThat(verification.changes()).isEqualTo(changes);
        }
    }

    @Test
    void aWriterThatStartsTakesAwayAPartOfATransactionWithItsIndexEntries(@TempDir Path folder) {
        TableSchema nodes = TableFixture.table("nodes")
                .column("id", "bigint")
                .column("parent", "bigint")
                .key("id")
                .foreignKey("parent", TableFixture.table("nodes").key("id").build(), ForeignKey.Action.CASCADE)
                .build();
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, SMALL_EPOCHS)) {
            new HistoryFixture(writer).commit(insert(row(nodes, "1", "1")));
            Position position = new Position(new Lsn(0x2000), 0);
            Change part = new Change(position, Operation.INSERT, nodes, null, row(nodes, "2", "1"));
            writer.append(new Batch(List.of(part), List.of(), null));
        }
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, SMALL_EPOCHS)) {
            writer.append(new Batch(List.of(), List.of(), new Lsn(0x3000)));
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            Verification verification = reader.verify((family, entries) -> {});
            assertThat(verification.findings()).isEmpty();
            assertThat(verification.changes()).isEqualTo(1);
        }
    }
}
