package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each change must have found what the history holds before it; nothing else is wrong with these stores. */
class ChainsTest {
    private final TableSchema users = users(ReplicaIdentity.FULL);
    private final TableSchema events = TableFixture.table("events")
            .column("kind", "text")
            .column("body", "text")
            .key()
            .build();

    @TempDir
    private Path folder;

    private static TableSchema users(ReplicaIdentity identity) {
        return TableFixture.table("users")
                .column("id", "bigint")
                .column("plan", "text")
                .column("note", "text")
                .key("id")
                .identity(identity)
                .build();
    }

    private List<String> findings(Consumer<HistoryFixture> life) {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            life.accept(new HistoryFixture(writer));
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            Verification sample = reader.verify(100, 1, (what, count) -> {});
            Verification whole = reader.verify((what, count) -> {});
            assertThat(sample.findings()).containsExactlyInAnyOrderElementsOf(whole.findings());
            assertThat(sample.rows()).isEqualTo(whole.rows()).isPositive();
            return whole.findings();
        }
    }

    @Test
    void aChangeThatFoundOtherValuesIsNamedWithItsRowAndPlace() {
        assertThat(findings(history -> {
                    history.baseline(users, row(users, "1", "pro", "a"));
                    history.commit(update(row(users, "1", "pro", "a"), row(users, "1", "gold", "a")));
                    history.commit(
                            insert(row(users, "2", "x", null)),
                            update(row(users, "1", "pro", "b"), row(users, "1", "test", "b")));
                    history.commit(update(row(users, "1", "test", "b"), row(users, "1", "pro", "b")));
                }))
                .containsExactly(
                        "chain of users 1: change 1 of the transaction at LSN 0/1200 found other values than the"
                                + " history holds in plan, note");
    }

    @Test
    void aBaselineThatIsNotWhatTheFirstChangeFoundIsNamed() {
        assertThat(findings(history -> {
                    history.baseline(users, row(users, "1", "pro", "a"));
                    history.commit(delete(row(users, "1", "free", "a")));
                }))
                .singleElement()
                .asString()
                .startsWith("chain of users 1: change 0 ")
                .endsWith("in plan");
    }

    @Test
    void aRowThatIsNotThereOrIsThereAlreadyIsNamed() {
        assertThat(findings(history -> {
                    history.baseline(users, row(users, "1", "pro", "a"), row(users, "4", "pro", "a"));
                    history.commit(insert(row(users, "1", "pro", "c")));
                    history.commit(delete(row(users, "2", "pro", "a")));
                    history.commit(truncate(users));
                    history.commit(update(row(users, "1", "pro", "c"), row(users, "3", "pro", "c")));
                    history.commit(insert(row(users, "4", "pro", "c")));
                }))
                .containsExactly(
                        "chain of users 1: change 0 of the transaction at LSN 0/1100 left a row where the history holds"
                                + " another one",
                        "chain of users 1: change 0 of the transaction at LSN 0/1400 found a row, the history holds none",
                        "chain of users 2: change 0 of the transaction at LSN 0/1200 found a row, the history holds none");
    }

    @Test
    void equalRowsOfATableWithoutAKeyAreCounted() {
        assertThat(findings(history -> {
                    history.baseline(events, row(events, "a", null), row(events, "a", null));
                    history.commit(delete(row(events, "a", null)), delete(row(events, "a", null)));
                    history.commit(update(row(events, "b", null), row(events, "c", null)));
                }))
                .singleElement()
                .asString()
                .contains("change 0 of the transaction at LSN 0/1200 found a row, the history holds none");
    }

    @Test
    void whatMayBeOfAColumnThatWasAddedInPlaceOfOneOfItsNameBreaksNothing() {
        TableSchema anew = TableFixture.table("users")
                .column("id", "bigint")
                .column(new Column("note", 3, 25, "text", false, Column.Identity.NONE, false, true, null, true))
                .column(new Column("plan", 4, 25, "text", false, Column.Identity.NONE, false, true, null, true))
                .key("id")
                .identity(ReplicaIdentity.FULL)
                .build();
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            Lsn baseline = history.baseline(users, row(users, "1", "pro", "a"));
            history.commit(update(row(users, "1", "default", "a"), row(users, "1", "default", "b")));
            history.commit(update(row(users, "1", "default", "c"), row(users, "1", "default", "d")));
            writer.altered(anew, baseline, history.here());
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(reader.verify((what, count) -> {}).findings())
                    .containsExactly(
                            "chain of users 1: change 0 of the transaction at LSN 0/1200 found other values than"
                                    + " the history holds in note");
        }
    }

    @Test
    void whatTheStreamDidNotCarryBreaksNothing() {
        TableSchema keyOnly = users(ReplicaIdentity.DEFAULT);
        assertThat(findings(history -> {
                    history.baseline(keyOnly, row(keyOnly, "1", "pro", "a"));
                    history.commit(update(row(keyOnly, "1", "?", "?"), row(keyOnly, "1", "gold", UNKNOWN)));
                    history.commit(update(row(keyOnly, "1", "?", "?"), row(keyOnly, "7", UNKNOWN, UNKNOWN)));
                    history.commit(delete(row(keyOnly, "7", "?", "?")));
                    history.baseline(users, row(users, "8", "pro", "a"));
                    history.commit(update(row(users, "8", "pro", "a"), row(users, "8", "gold", UNKNOWN)));
                    history.commit(delete(row(users, "8", "gold", "a")));
                }))
                .isEmpty();
    }

    @Test
    void keysThatRowsExchangeWithinATransactionBreakNothing() {
        assertThat(findings(history -> {
                    history.baseline(users, row(users, "1", "one", "a"), row(users, "2", "two", "b"));
                    history.commit(
                            update(row(users, "1", "one", "a"), row(users, "2", "one", "a")),
                            update(row(users, "2", "two", "b"), row(users, "1", "two", "b")));
                    history.commit(delete(row(users, "1", "two", "b")), delete(row(users, "2", "one", "a")));
                }))
                .isEmpty();
    }

    @Test
    void nothingIsDemandedWhereTheTableIsNotCovered() {
        assertThat(findings(history -> {
                    history.commit(delete(row(users, "1", "pro", "a")));
                    history.baseline(users, row(users, "1", "pro", "a"));
                    history.commit(insert(row(users, "2", "pro", "a")));
                }))
                .isEmpty();
        Path first = folder;
        folder = first.resolve("ended");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(users, row(users, "1", "pro", "a"));
            Lsn end = history.commit(insert(row(users, "2", "pro", "a"))).end();
            writer.uncovered(users.id(), end);
            history.commit(delete(row(users, "3", "pro", "a")));
            history.baseline(users, row(users, "2", "gold", "a"));
            history.commit(delete(row(users, "2", "gold", "a")));
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(reader.verify((what, count) -> {}).findings()).isEmpty();
        }
    }
}
