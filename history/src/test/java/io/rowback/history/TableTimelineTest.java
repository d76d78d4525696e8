package io.rowback.history;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TableTimelineTest {
    private final MemoryHistory memory = new MemoryHistory();
    private final HistoryFixture history = new HistoryFixture(memory);
    private final TableSchema notes = TableFixture.table("notes")
            .column("id", "bigint")
            .column("body", "text")
            .key("id")
            .identity(ReplicaIdentity.DEFAULT)
            .build();

    @Test
    void everyRowStandsAsItsLastChangeLeftIt() {
        Lsn start = history.baseline(notes, row(notes, "1", "a"), row(notes, "2", "b"), row(notes, "10", "c"));
        history.commit(
                update(row(notes, "1", "a"), row(notes, "1", "A")),
                delete(row(notes, "2", "b")),
                insert(row(notes, "3", "d")),
                update(row(notes, "10", "c"), row(notes, "9", UNKNOWN)));

        assertThat(rows(start)).containsExactly(row(notes, "1", "a"), row(notes, "2", "b"), row(notes, "10", "c"));
        assertThat(rows(history.here()))
                .containsExactly(row(notes, "1", "A"), row(notes, "3", "d"), row(notes, "9", "c"));
    }

    @Test
    void rowsThatExchangedTheirKeysInOneTransactionAreAllThere() {
        TableSchema users = TableFixture.table("users")
                .column("id", "bigint")
                .column("name", "text")
                .key("id")
                .build();
        history.baseline(users, row(users, "1", "a"), row(users, "2", "b"), row(users, "3", "c"));
        history.commit(
                update(row(users, "1", "a"), row(users, "2", "a")),
                update(row(users, "2", "b"), row(users, "3", "b")),
                update(row(users, "3", "c"), row(users, "1", "c")));
        Lsn cycle = history.here();
        history.commit(
                update(row(users, "1", "c"), row(users, "2", "c")),
                update(row(users, "2", "a"), row(users, "1", "a")),
                insert(row(users, "3", "new")),
                delete(row(users, "3", "b")),
                delete(row(users, "1", "a")));

        assertThat(rows(cycle)).containsExactly(row(users, "1", "c"), row(users, "2", "a"), row(users, "3", "b"));
        assertThat(rows(history.here())).containsExactly(row(users, "2", "c"), row(users, "3", "new"));
    }

    @Test
    void truncateLeavesOnlyWhatCameAfterIt() {
        history.baseline(notes, row(notes, "1", "a"));
        history.commit(insert(row(notes, "2", "b")));
        history.commit(insert(row(notes, "3", "c")), truncate(notes), insert(row(notes, "4", "d")));

        assertThat(rows(history.here())).containsExactly(row(notes, "4", "d"));
    }

    @Test
    void equalRowsOfATableWithoutAKeyAreToldEachAfterEveryKindOfChange() {
        TableSchema events = TableFixture.table("events")
                .column("kind", "text")
                .column("n", "integer")
                .key()
                .build();
        RowImage a = row(events, "a", null);
        RowImage b = row(events, "b", "1");
        Lsn start = history.baseline(events, a, a, b);
        history.commit(insert(b), delete(a));
        Lsn changed = history.here();
        history.commit(update(b, a), update(b, b), delete(a));
        Lsn moved = history.here();
        history.commit(insert(a), truncate(events), insert(b), insert(b), delete(b), insert(a), insert(a));

        assertThat(rows(start)).containsExactlyInAnyOrder(a, a, b);
        assertThat(rows(changed)).containsExactlyInAnyOrder(a, b, b);
        assertThat(rows(moved)).containsExactlyInAnyOrder(a, b);
        assertThat(rows(history.here())).containsExactlyInAnyOrder(a, a, b);
        assertThat(new RowTimeline(memory, memory.tables().get(0))
                        .versions(Objects.requireNonNull(a.key()), start, history.here()))
                .as("the TRUNCATE found two of them")
                .extracting(version -> version.change().operation())
                .containsExactly(
                        Operation.DELETE,
                        Operation.UPDATE,
                        Operation.DELETE,
                        Operation.INSERT,
                        Operation.TRUNCATE,
                        Operation.INSERT,
                        Operation.INSERT);
    }

    @Test
    void valuesAndColumnsNeverRunTogetherInAFingerprint() {
        TableSchema events = TableFixture.table("events")
                .column("a", "text")
                .column("b", "text")
                .key()
                .build();
        assertThat(Stream.of(
                                row(events, "x", "yz"),
                                row(events, "xy", "z"),
                                row(events, "x", null),
                                row(events, null, "x"),
                                row(events, "", null),
                                row(events, null, ""),
                                row(events, null, null))
                        .map(RowImage::key))
                .doesNotHaveDuplicates()
                .doesNotContainNull();
        assertThat(row(events, "x", UNKNOWN).key()).isNull();
    }

    @Test
    void aMomentThatIsNotCoveredIsRefused() {
        history.commit(insert(row(notes, "2", "b")));

        assertThatThrownBy(() -> rows(history.here()))
                .isInstanceOfSatisfying(RowbackException.class, refused -> assertThat(refused.code())
                        .isEqualTo(ErrorCode.NOT_COVERED));
    }

    private List<RowImage> rows(Lsn at) {
        try (Stream<RowImage> rows = new TableTimeline(memory, memory.tables().get(0)).asOf(at)) {
            return rows.toList();
        }
    }
}
