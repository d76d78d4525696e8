package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind of damage is found and named. */
class VerifyTest {
    private final TableSchema users =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private final TableSchema notes = TableFixture.table("notes")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .key("id")
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();

    private static final String DDL = "{\"ddl\": \"ALTER TABLE\", \"table\": \"5\"}";

    @TempDir
    private Path folder;

    @BeforeEach
    void write() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(notes, row(notes, "1", "7"), row(notes, "2", "8"));
            history.commit(insert(row(notes, "3", "7")), insert(row(users, "7")));
            history.commit(update(row(notes, "1", "7"), row(notes, "4", "8")));
        }
        assertThat(verify()).isEqualTo(new Verification(true, 3, 2, 2, 4 + 3 + 3 + 2 + 2 + 2, 4, 0, List.of(), 0));
    }

    @ParameterizedTest
    @EnumSource(names = {"LOG", "TXNS", "BASELINE"})
    void aFlippedBitInAValueIsFound(Family family) throws Exception {
        byte[] key = firstKey(family);
        change((database, write) -> {
            byte[] value = Objects.requireNonNull(database.get(family, key));
            value[value.length - 1] ^= 4;
            write.put(family, key, value);
        });

        assertThat(verify().findings()).anySatisfy(finding -> assertThat(finding)
                .contains(" in " + family + " at key ")
                .contains("checksum"));
    }

    @ParameterizedTest
    @EnumSource(names = {"SCHEMAS", "META"})
    void aFlippedBitInWhatEveryReaderNeedsKeepsItFromOpening(Family family) throws Exception {
        byte[] key = firstKey(family);
        change((database, write) -> {
            byte[] value = Objects.requireNonNull(database.get(family, key));
            value[value.length - 1] ^= 4;
            write.put(family, key, value);
        });

        assertThatThrownBy(this::verify).isInstanceOfSatisfying(RowbackException.class, corrupt -> {
            assertThat(corrupt.code()).isEqualTo(ErrorCode.STORE_CORRUPT);
            assertThat(corrupt).hasMessageContaining(" in " + family + " at key ");
        });
    }

    @Test
    void aReaderRefusesADamagedChange() throws Exception {
        byte[] key = firstKey(Family.LOG);
        change((database, write) -> write.put(Family.LOG, key, new byte[] {1, 2, 3, 4, 5}));

        try (RocksHistoryReader reader = RocksHistoryReader.open(folder);
                Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
            assertThatThrownBy(changes::toList)
                    .isInstanceOfSatisfying(RowbackException.class, corrupt -> assertThat(corrupt.code())
                            .isEqualTo(ErrorCode.STORE_CORRUPT));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ROWS", "TABLES", "REFS", "XIDS", "TIMES"})
    void anIndexEntryThatIsMissingIsFound(Family family) throws Exception {
        byte[] key = firstKey(family);
        change((database, write) -> write.delete(family, key));

        assertThat(verify().findings())
                .singleElement()
                .asString()
                .startsWith(family + " at key")
                .endsWith("missing");
    }

    @ParameterizedTest
    @EnumSource(names = {"ROWS", "TABLES", "REFS", "XIDS", "TIMES"})
    void anIndexEntryThatBelongsToNothingIsFound(Family family) throws Exception {
        byte[] key = firstKey(family);
        // The LSN's highest byte of those that vary: still below the durable position.
        key[key.length - (family == Family.XIDS || family == Family.TIMES ? 2 : 6)] = 1;
        change((database, write) -> write.entry(family, key));

        assertThat(verify().findings())
                .singleElement()
                .asString()
                .startsWith(family + " at key")
                .endsWith("belongs to nothing that is stored");
    }

    @Test
    void aChangeOrATransactionThatIsMissingIsFound() throws Exception {
        byte[] change = firstKey(Family.LOG);
        change((database, write) -> write.delete(Family.LOG, change));
        assertThat(verify().findings())
                .anySatisfy(finding -> assertThat(finding).contains("txns").contains("the log holds"))
                .anySatisfy(finding -> assertThat(finding).contains("rows").contains("belongs to nothing"));

        byte[] transaction = firstKey(Family.TXNS);
        change((database, write) -> write.delete(Family.TXNS, transaction));
        assertThat(verify().findings())
                .anySatisfy(finding -> assertThat(finding).contains("but the log has changes of it"));
    }

    @Test
    void aBaselineRowThatIsMissingIsFound() throws Exception {
        byte[] row = firstKey(Family.BASELINE);
        change((database, write) -> write.delete(Family.BASELINE, row));

        assertThat(verify().findings())
                .anySatisfy(finding -> assertThat(finding).contains("it had 2 rows, there are 1"));
    }

    @Test
    void anEntryOfDdlThatIsMissingIsFound() throws Exception {
        Transaction altered;
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("other"))) {
            altered = new HistoryFixture(writer).commit(List.of(DDL), insert(row(users, "1")));
        }
        folder = folder.resolve("other");
        assertThat(verify().findings()).isEmpty();
        byte[] entry = Keys.definition(new TableId(5), altered.commit());
        change((database, write) -> write.delete(Family.META, entry));

        assertThat(verify().findings()).singleElement().asString().contains("tells of DDL");
    }

    @Test
    void aDamagedSampleOfASequenceIsFound() throws Exception {
        change((database, write) -> write.put(Family.META, StoredSequences.ALL.from(), new byte[] {1, 2, 3, 4, 5}));

        assertThat(verify().findings()).singleElement().asString().contains(" in meta at key ");
    }

    private interface Damage {
        void doTo(Database database, Write write);
    }

    private void change(Damage damage) throws Exception {
        try (Database database = Database.open(folder);
                Write write = database.begin()) {
            damage.doTo(database, write);
            write.commit(Database.Durability.SYNCED);
        }
    }

    private byte[] firstKey(Family family) throws Exception {
        try (Database database = Database.open(folder);
                Cursor cursor = database.cursor(family, KeyRange.ALL)) {
            assertThat(cursor.next()).isTrue();
            return cursor.key();
        }
    }

    private Verification verify() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            return reader.verify((family, entries) -> {});
        }
    }
}
