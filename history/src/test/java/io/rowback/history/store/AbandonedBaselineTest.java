package io.rowback.history.store;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a baseline that was begun and never completed nothing stays, and what others hold is left alone. */
class AbandonedBaselineTest {
    private static final int EPOCH_BYTES = 100;
    /** So many that they pass by RocksDB's log. */
    private static final int MANY = 5_000;

    private final TableSchema users =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private final TableSchema notes = TableFixture.table("notes")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .key("id")
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();

    @TempDir
    private Path folder;

    private HistoryFixture history;

    @BeforeEach
    void create() {
        try (RocksHistoryWriter writer = open()) {
            history = new HistoryFixture(writer);
        }
    }

    private RocksHistoryWriter open() {
        return RocksHistoryWriter.open(folder, EPOCH_BYTES);
    }

    @Test
    void nothingIsLeftOfATableThatWasNeverCoveredAlthoughAnotherWriterBeganIt() throws Exception {
        try (RocksHistoryWriter writer = open()) {
            writer.baseline(new Lsn(0x1010), notes(MANY));
            writer.baseline(new Lsn(0x1020), notes(1));
        }
        assertThat(entries()).containsExactly(2 * MANY + 2, 2);
        try (RocksHistoryWriter writer = open()) {
            writer.abandonBaselines();
        }
        assertThat(entries()).containsExactly(0, 0);
    }

    @Test
    void theBaselineThatCoversATableStays() throws Exception {
        try (RocksHistoryWriter writer = open()) {
            history = HistoryFixture.goingOn(writer);
            history.baseline(notes, notes(3).toArray(RowImage[]::new));
            writer.baseline(new Lsn(0x1010), notes(MANY));
            writer.abandonBaselines();
        }
        assertThat(entries()).containsExactly(2 * 3, 0);
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder);
                Stream<RowImage> rows = reader.baseline(notes.id(), Lsn.MAX)) {
            assertThat(rows).containsExactlyElementsOf(notes(3));
        }
    }

    @Test
    void aBaselineThatIsCompleteIsNoneThatWasAbandoned() throws Exception {
        try (RocksHistoryWriter writer = open()) {
            history = HistoryFixture.goingOn(writer);
            history.baseline(notes, notes(3).toArray(RowImage[]::new));
            // Once more where it is complete already, and broken off.
            writer.baseline(history.here(), notes(1));
            writer.abandonBaselines();
        }
        assertThat(entries()).containsExactly(2 * 3, 0);
    }

    @Test
    void thePastIsDroppedAgain() {
        try (RocksHistoryWriter writer = open()) {
            history = HistoryFixture.goingOn(writer);
            writer.baseline(new Lsn(0x1010), notes(1));
            IntStream.range(0, 10).forEach(i -> history.commit(HistoryFixture.insert(row(users, "" + i))));
            assertThat(writer.forget(Lsn.MAX)).isFalse();
            writer.abandonBaselines();
            assertThat(writer.forget(Lsn.MAX)).isTrue();
        }
    }

    @Test
    void whatABaselineNeedsThatWasBegunIsKeptUntilItIsAbandonedWhileOthersAreTaken() {
        try (RocksHistoryWriter writer = open()) {
            history = HistoryFixture.goingOn(writer);
            writer.begin(List.of(notes.id(), users.id()), new Lsn(0x1010));
            IntStream.range(0, 10).forEach(i -> history.commit(HistoryFixture.insert(row(users, "" + i))));
            writer.abandonBaseline(users.id(), new Lsn(0x1010));
            assertThat(writer.forget(Lsn.MAX)).isFalse();
            writer.abandonBaseline(notes.id(), new Lsn(0x1010));
            assertThat(writer.forget(Lsn.MAX)).isTrue();
        }
    }

    private List<RowImage> notes(int rows) {
        return IntStream.range(0, rows)
                .mapToObj(id -> row(notes, Integer.toString(id), "7"))
                .toList();
    }

    /** Rows of baselines with what refers to others, and baselines that are told to have begun. */
    private List<Integer> entries() throws Exception {
        try (Database database = Database.open(folder)) {
            int rows = count(database, Family.BASELINE, KeyRange.ALL) + count(database, Family.REFS, KeyRange.ALL);
            return List.of(rows, count(database, Family.META, Keys.begun()));
        }
    }

    private static int count(Database database, Family family, KeyRange range) throws Exception {
        int count = 0;
        try (Cursor cursor = database.cursor(family, range)) {
            while (cursor.next()) {
                count++;
            }
        }
        return count;
    }
}
