package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.Published;
import io.rowback.history.Retention;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What retention drops is gone, to the last entry and byte, and what it keeps is what it was. */
class RetentionTest {
    private static final int EPOCH_BYTES = 500;

    private final TableSchema users =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private final TableSchema notes = TableFixture.table("notes")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .column("text", "text")
            .key("id")
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();

    @TempDir
    private Path folder;

    private int fillers;
    private RocksHistoryWriter writer;
    private HistoryFixture history;

    @BeforeEach
    void open() {
        writer = RocksHistoryWriter.open(folder, EPOCH_BYTES);
        history = new HistoryFixture(writer);
    }

    private void openWithLargeEpochs() {
        writer.close();
        folder = folder.resolve("large-epochs");
        writer = RocksHistoryWriter.open(folder);
        history = new HistoryFixture(writer);
    }

    @AfterEach
    void close() {
        writer.close();
    }

    @Test
    void nothingIsLeftOfRowsAndValuesThatAreNoMore() throws Exception {
        history.baseline(notes, row(notes, "1", "7", "a"), row(notes, "2", "7", "b"), row(notes, "3", "7", "c"));
        history.commit(
                List.of("{\"ddl\": \"ALTER TABLE\", \"table\": \"" + notes.id() + "\"}"),
                delete(row(notes, "1", "7", "a")),
                update(row(notes, "2", "7", "b"), row(notes, "2", "8", "b")));
        fill(30);
        assertThat(writer.forget(Lsn.MAX)).isTrue();
        fill(30);
        assertThat(writer.forget(Lsn.MAX)).isTrue();
        int rows = rowsAtHorizon();
        writer.close();

        try (Database database = Database.open(folder)) {
            assertThat(count(database, Family.BASELINE)).isEqualTo(rows).isBetween(3L, 4L);
            try (Cursor references = database.cursor(Family.REFS, KeyRange.prefix(Keys.epoch(Epochs.BASELINES)))) {
                int entries = 0;
                while (references.next()) {
                    entries++;
                }
                assertThat(entries).isEqualTo(rows);
            }
            try (Cursor ddl = database.cursor(Family.META, Keys.definitions())) {
                assertThat(ddl.next()).isFalse();
            }
            assertThat(count(database, Family.TXNS))
                    .isEqualTo(count(database, Family.LOG))
                    .isEqualTo(count(database, Family.TABLES))
                    .isEqualTo(count(database, Family.XIDS))
                    .isLessThan(30);
        }
    }

    @Test
    void truncatedTableBeginsWithWhatCameBehind() throws Exception {
        history.baseline(notes, row(notes, "1", "7", "a"), row(notes, "2", "7", "b"));
        history.commit(truncate(notes), insert(row(notes, "2", "9", "n")));
        fill(30);
        assertThat(writer.forget(Lsn.MAX)).isTrue();
        fill(30);
        assertThat(writer.forget(Lsn.MAX)).isTrue();

        assertThat(rows(notes)).contains(row(notes, "2", "9", "n")).hasSize(3);
        assertSound();
        int rows = rowsAtHorizon();
        writer.close();
        try (Database database = Database.open(folder)) {
            assertThat(count(database, Family.BASELINE)).isEqualTo(rows).isBetween(2L, 3L);
        }
    }

    @Test
    void spaceComesBackWhileAReaderThatIsOpenGoesOnAsItWas() {
        history.baseline(notes);
        Random random = new Random(1);
        for (int i = 0; i < 60; i++) {
            String text = noise(random);
            history.commit(insert(row(notes, "1", "7", text)), delete(row(notes, "1", "7", text)));
        }
        long before = StoreFolder.bytes(folder);
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(writer.forget(Lsn.MAX)).isTrue();
            assertThat(reader.info().horizon()).isNull();
            assertThat(reader.verify((family, entries) -> {}).changes()).isEqualTo(120);
        }
        assertThat(StoreFolder.bytes(folder)).isLessThan(before / 3);
        assertSound();
    }

    @Test
    void changesGoWhileTheFilesOfTheStoreNeverStandStill() throws Exception {
        history.baseline(notes, row(notes, "1", "7", "a"));
        fill(30);
        Path current = folder.resolve("CURRENT");
        String list = Files.readString(current);
        // RocksDB finds its list under this name as well; whoever compares lists finds none, as if it were always being
        // replaced.
        Files.writeString(current, "/" + list);
        assertThat(FileList.of(folder)).as("what never stands").isEqualTo(FileList.NONE);

        assertThat(writer.forget(Lsn.MAX)).isTrue();

        Files.writeString(current, list);
        assertThat(rows(notes)).hasSize(2);
        assertSound();
    }

    @Test
    void whatIsOlderThanAllowedGoesAndNothingElse() {
        history.baseline(notes, row(notes, "1", "7", "a"));
        fill(200);
        Lsn end = history.here();
        writer.completeUntil(history.now());

        assertThat(writer.retain(new Retention(Duration.ofSeconds(100), 0))).isTrue();

        Horizon horizon = horizon();
        assertThat(horizon.since())
                .isBeforeOrEqualTo(history.now().minusSeconds(100).plusNanos(1_000));
        assertThat(horizon.since()).isAfter(history.now().minusSeconds(125));
        assertThat(writer.info().retention()).isEqualTo(new Retention(Duration.ofSeconds(100), 0));
        assertThat(history.here()).isEqualTo(end);
        assertThat(rows(notes)).hasSize(2);
        assertSound();

        writer.completeUntil(history.now().plusSeconds(1_000));
        assertThat(writer.retain(new Retention(Duration.ofSeconds(100), 0))).isTrue();
        assertThat(horizon().at()).as("all are older").isGreaterThan(horizon.at());
        assertThat(rows(notes)).hasSize(2);
    }

    @Test
    void nothingGoesWhileItIsNotKnownHowFarTheHistoryReaches() {
        history.commit(insert(row(notes, "1", "7", "a")));

        assertThat(writer.retain(new Retention(Duration.ofSeconds(1), 0))).isTrue();

        assertThat(writer.info().horizon()).isNull();
    }

    @Test
    void nothingGoesBecauseTheServersClockJumpedAhead() {
        fill(200);
        Duration age = Duration.between(history.now(), Instant.now()).plusDays(1);
        writer.completeUntil(Instant.now().plus(age));

        assertThat(writer.retain(new Retention(age, 0))).isTrue();

        assertThat(writer.info().horizon()).isNull();
    }

    @Test
    void oldestChangesGoWhileTheStoreIsTooLargeAndTheNewestStayAnyway() {
        history.baseline(notes, row(notes, "1", "7", "a"));
        fill(100);
        assertThat(writer.retain(new Retention(Duration.ZERO, 1L << 40))).isTrue();
        assertThat(writer.info().horizon()).isNull();

        assertThat(writer.retain(new Retention(Duration.ZERO, 1))).isFalse();

        assertThat(writer.info().horizon()).isNotNull();
        assertThat(rows(notes)).hasSize(2);
        assertSound();
    }

    @Test
    void asMuchOfTheNewestStaysAsFitsHoweverMuchCameSinceTheLastLook() {
        openWithLargeEpochs();
        RowImage note = row(notes, "1", "7", "a");
        history.baseline(notes, note);
        Retention small = new Retention(Duration.ZERO, 4 << 20);
        writer.retain(small);
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            RowImage next = row(notes, "1", "7", noise(random));
            history.commit(update(note, next));
            note = next;
        }

        assertThat(writer.retain(small)).isTrue();

        assertThat(StoreFolder.bytes(folder)).isBetween(small.bytes() / 2, small.bytes());
        assertThat(rows(notes)).containsExactly(note);
        assertSound();
    }

    @Test
    void retentionCutsEpochsByItselfWhereLittleIsWritten() {
        openWithLargeEpochs();
        history.baseline(notes, row(notes, "1", "7", "a"));
        Retention short_ = new Retention(Duration.ofSeconds(10), 0);
        fill(5);
        writer.completeUntil(history.now());
        writer.retain(short_);
        assertThat(writer.info().horizon()).isNull();
        fill(20);
        writer.completeUntil(history.now());
        writer.retain(short_);

        assertThat(horizon().since()).isBefore(history.now());
        assertThat(rows(notes)).hasSize(3);
        assertSound();
    }

    @Test
    void baselineThatIsBeingTakenKeepsTheHorizonBelow() {
        history.baseline(notes, row(notes, "1", "7", "a"));
        Lsn at = history.here();
        writer.baseline(at, List.of(row(users, "7")));
        fill(40);
        assertThat(writer.forget(Lsn.MAX)).isFalse();

        writer.covered(users, at, history.now(), 1);

        assertThat(writer.forget(Lsn.MAX)).isTrue();
        assertThat(rows(users)).containsExactly(row(users, "7"));
        assertSound();
    }

    /** 100,000 characters that take half as many bytes at least. */
    private static String noise(Random random) {
        byte[] noise = new byte[50_000];
        random.nextBytes(noise);
        return HexFormat.of().formatHex(noise);
    }

    @Test
    void baselineTakenRightWhereAnEpochBeginsKeepsTheHorizonBelowToo() {
        RowImage one = row(notes, "1", "7", "a".repeat(EPOCH_BYTES));
        RowImage other = row(notes, "1", "8", "b".repeat(EPOCH_BYTES));
        RowImage unchanged = row(notes, "2", "7", "c");
        history.baseline(notes, one);
        // Each of these begins an epoch.
        Lsn first = history.commit(update(one, other), insert(unchanged)).commit();
        Lsn second = history.commit(update(other, one)).commit();
        Lsn at = new Lsn(2 * second.value() - first.value());
        writer.baseline(at, List.of(one, unchanged));
        assertThat(history.commit(update(one, other)).commit()).isEqualTo(at);
        history.commit(update(other, one));

        assertThat(writer.forget(Lsn.MAX)).isTrue();

        assertThat(horizon().at()).isEqualTo(second);
        writer.covered(notes, at, history.now(), 2);
        assertThat(rows(notes)).as("what changed below the horizon too").containsExactly(one, unchanged);
        assertSound();
    }

    @Test
    void horizonStaysBelowWhatIsVerifiedOfThePublication() {
        history.baseline(notes, row(notes, "1", "7", "a"));
        fill(20);
        Lsn verified = history.here();
        writer.published(new Published(verified, List.of()));
        fill(20);

        assertThat(writer.forget(Lsn.MAX)).isTrue();

        assertThat(horizon().at()).isLessThanOrEqualTo(verified);
    }

    private Horizon horizon() {
        return Objects.requireNonNull(writer.info().horizon());
    }

    /** Changes of one row, one a second. */
    private void fill(int commits) {
        RowImage filler = row(notes, "100", "1", "0");
        history.commit(insert(filler));
        for (int i = 1; i < commits; i++) {
            RowImage next = row(notes, "100", "1", Integer.toString(i));
            history.commit(update(filler, next));
            filler = next;
        }
        history.commit(delete(filler));
        history.commit(insert(row(notes, "100", "1", "end")));
        history.commit(delete(row(notes, "100", "1", "end")));
        history.commit(insert(row(notes, Integer.toString(1000 + fillers++), "1", "end")));
    }

    private List<RowImage> rows(TableSchema table) {
        return rows(table, writer.info().durable());
    }

    private int rowsAtHorizon() {
        return rows(notes, horizon().at()).size();
    }

    private List<RowImage> rows(TableSchema table, Lsn at) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            TableInfo info = reader.tables().stream()
                    .filter(one -> one.schema().id().equals(table.id()))
                    .findFirst()
                    .orElseThrow();
            try (Stream<RowImage> rows = new TableTimeline(reader, info).asOf(at)) {
                return rows.toList();
            }
        }
    }

    private void assertSound() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(reader.verify((family, entries) -> {}).findings()).isEmpty();
        }
    }

    private static long count(Database database, Family family) {
        try (Cursor cursor = database.cursor(family, KeyRange.ALL)) {
            long count = 0;
            while (cursor.next()) {
                count++;
            }
            return count;
        }
    }
}
