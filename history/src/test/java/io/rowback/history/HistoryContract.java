package io.rowback.history;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.HistoryWriter.Batch;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every history promises, whatever keeps it. */
public abstract class HistoryContract extends ContractFixture {
    private static final String UUID = "6f1b5a52-0c1e-4a6f-9f0f-3d2d1c0b9a88";

    @Test
    void whatLiesAboveTheDurablePositionIsNotSeen() {
        Transaction seen = history.commit(insert(row(users, "1", "ann")));
        Lsn commit = new Lsn(0x2000);
        Change half = new Change(new Position(commit, 0), Operation.INSERT, users, null, row(users, "2", "bob"));
        writer.append(new Batch(List.of(half), List.of(), null));

        try (HistoryReader reader = read()) {
            assertThat(changes(reader)).hasSize(1);
            assertThat(list(reader.changes(users.id(), RowKey.of("2"), Lsn.ZERO, Lsn.MAX)))
                    .isEmpty();
            assertThat(list(reader.lastChanges(users.id(), Lsn.ZERO, Lsn.MAX))).hasSize(1);
            assertThat(reader.info().durable()).isEqualTo(seen.end());
        }

        Transaction whole = transaction(commit, 900, Instant.parse("2026-01-01T01:00:00Z"));
        writer.append(new Batch(List.of(), List.of(whole), whole.end()));
        try (HistoryReader reader = read()) {
            assertThat(changes(reader)).hasSize(2).last().isEqualTo(half);
            assertThat(reader.transaction(commit)).contains(whole);
            assertThat(reader.info().lastCommit()).isEqualTo(commit);
            assertThat(reader.info().lastCommitTime()).isEqualTo(whole.time());
        }
    }

    @Test
    void redeliveredBatchChangesNothing() {
        Transaction first = history.commit(List.of("said once"), insert(row(users, "1", "ann")));
        history.commit(update(row(users, "1", "ann"), row(users, "1", "eve")));
        TableSchema ofNow = TableFixture.table("users")
                .column("id", "bigint")
                .column("name", "text")
                .column("age", "integer")
                .key("id")
                .build();
        Change again = new Change(
                new Position(first.commit(), 0), Operation.INSERT, ofNow, null, row(ofNow, "1", "ann", UNKNOWN));
        writer.append(new Batch(List.of(again), List.of(first), first.end()));

        try (HistoryReader reader = read()) {
            assertThat(changes(reader))
                    .extracting(Change::after)
                    .containsExactly(row(users, "1", "ann"), row(users, "1", "eve"));
            assertThat(reader.transaction(first.commit())).contains(first);
            assertThat(reader.tables().get(0).schemas()).hasSize(1);
            assertThat(reader.info().durable()).isEqualTo(history.here());
        }
    }

    @Test
    void valuesComeBackAsTheyWere() {
        String large = "x".repeat(1_000_000);
        history.commit(
                insert(row(items, "-1", "", null)),
                insert(row(items, "9223372036854775807", UUID, UNKNOWN)),
                update(row(items, "0", "é\uD83D\uDE00", large), row(items, "0", "é\uD83D\uDE00", "")),
                delete(row(items, "007", "0", "\\x00\n")));

        try (HistoryReader reader = read()) {
            assertThat(changes(reader))
                    .extracting(Change::after)
                    .containsExactly(
                            row(items, "-1", "", null),
                            row(items, "9223372036854775807", UUID, UNKNOWN),
                            row(items, "0", "é\uD83D\uDE00", ""),
                            null);
            assertThat(changes(reader))
                    .extracting(Change::before)
                    .containsExactly(
                            null, null, row(items, "0", "é\uD83D\uDE00", large), row(items, "007", "0", "\\x00\n"));
            assertThat(list(reader.changes(items.id(), RowKey.of("9223372036854775807", UUID), Lsn.ZERO, Lsn.MAX)))
                    .hasSize(1);
            assertThat(list(reader.changes(items.id(), RowKey.of("7", "0"), Lsn.ZERO, Lsn.MAX)))
                    .as("007 is another key than 7")
                    .isEmpty();
        }
    }

    @Test
    void aRowIsFoundUnderEachKeyItHadAndWithEachTruncate() {
        history.commit(insert(row(users, "1", "ann")), insert(row(users, "10", "bob")));
        history.commit(update(row(users, "1", "ann"), row(users, "2", "ann")));
        Transaction emptied = history.commit(truncate(users), truncate(items));

        try (HistoryReader reader = read()) {
            assertThat(operations(reader, RowKey.of("1")))
                    .containsExactly(Operation.INSERT, Operation.UPDATE, Operation.TRUNCATE);
            assertThat(operations(reader, RowKey.of("2"))).containsExactly(Operation.UPDATE, Operation.TRUNCATE);
            assertThat(operations(reader, RowKey.of())).containsExactly(Operation.TRUNCATE);
            assertThat(list(reader.lastChanges(users.id(), Lsn.ZERO, Lsn.MAX)))
                    .extracting(HistoryReader.LastChange::key)
                    .containsExactly(RowKey.of("1"), RowKey.of("2"), RowKey.of("10"));
            List<RowKey> asked = List.of(RowKey.of("10"), RowKey.of("7"), RowKey.of("2"));
            Map<RowKey, List<Change>> several = reader.changes(users.id(), asked, Lsn.ZERO, Lsn.MAX, Map.of());
            assertThat(several).containsOnlyKeys(RowKey.of("2"), RowKey.of("10"));
            Set<RowKey> objects = Collections.newSetFromMap(new IdentityHashMap<>());
            objects.addAll(asked);
            assertThat(several.keySet()).allMatch(objects::contains);
            several.forEach((key, changes) -> assertThat(changes)
                    .isNotEmpty()
                    .isEqualTo(list(reader.changes(users.id(), key, Lsn.ZERO, Lsn.MAX)
                            .filter(change -> change.operation() != Operation.TRUNCATE))));
            Change known = Objects.requireNonNull(several.get(RowKey.of("2"))).get(0);
            assertThat(reader.changes(users.id(), asked, Lsn.ZERO, Lsn.MAX, Map.of(known.position(), known)))
                    .isEqualTo(several)
                    .hasEntrySatisfying(RowKey.of("2"), changes -> assertThat(changes.get(0))
                            .isSameAs(known));
            assertThat(reader.changes(users.id(), several.keySet(), emptied.commit(), Lsn.MAX, Map.of()))
                    .isEmpty();
            assertThat(list(reader.changedKeys(users.id(), "2", "10", Lsn.ZERO, Lsn.MAX)))
                    .containsExactly(RowKey.of("2"), RowKey.of("10"));
            assertThat(list(reader.changes(users.id(), Lsn.ZERO, emptied.commit())))
                    .hasSize(3);
            assertThat(list(reader.changes(emptied.commit(), emptied.commit().next())))
                    .hasSize(2);
        }
    }

    @Test
    void aBaselineTakesEffectWhenItsTableIsCovered() {
        Lsn at = history.here();
        writer.baseline(at, List.of(row(users, "2", "bob"), row(users, "10", "cid"), row(users, "1", "ann")));
        try (HistoryReader reader = read()) {
            assertThat(reader.tables()).isEmpty();
            assertThat(list(reader.baseline(users.id(), at))).isEmpty();
        }

        writer.covered(users, at, history.now(), 3);
        Transaction later = history.commit(insert(row(users, "3", "dan")));
        try (HistoryReader reader = read()) {
            assertThat(list(reader.baseline(users.id(), at)))
                    .containsExactly(row(users, "1", "ann"), row(users, "2", "bob"), row(users, "10", "cid"));
            assertThat(reader.baseline(users.id(), RowKey.of("10"), later.end()))
                    .contains(row(users, "10", "cid"));
            assertThat(reader.baseline(users.id(), RowKey.of("3"), later.end())).isEmpty();
            assertThat(reader.baseline(users.id(), RowKey.of("1"), new Lsn(at.value() - 1)))
                    .isEmpty();
            assertThat(reader.tables().get(0).baselineRows()).isEqualTo(3);
        }
    }

    @Test
    void whatCannotBeCoveredAndWhatATableIsPartOfIsToldAsLastSaid() {
        history.baseline(users, row(users, "1", "ann"));
        NotCovered fast = new NotCovered(new TableName("public", "fast"), "unlogged", "ALTER TABLE fast SET LOGGED;");
        writer.notCovered(List.of(new NotCovered(new TableName("public", "mv"), "a materialized view", null)));
        writer.notCovered(List.of(fast));
        TableSchema partition = users.withPartitionOf(List.of(new TableName("public", "people")));
        Lsn attached = history.commit(insert(row(users, "2", "bob"))).end();
        writer.described(partition, attached);

        assertThat(writer.info().notCovered()).containsExactly(fast);
        try (HistoryReader reader = read()) {
            assertThat(reader.info().notCovered()).containsExactly(fast);
            TableInfo table = reader.tables().get(0);
            assertThat(table.schema(attached)).isEqualTo(users);
            assertThat(table.schema(attached.next())).isEqualTo(partition);
        }
    }

    @Test
    void equalRowsOfATableWithoutAKeyAreCountedInBaselineAndChanges() {
        TableSchema events = TableFixture.table("events")
                .column("kind", "text")
                .column("user_id", "bigint")
                .key()
                .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
                .build();
        RowImage login = row(events, "login", "1");
        RowImage open = row(events, null, null);
        Lsn at = history.here();
        writer.baseline(at, List.of(login, open, login));
        writer.baseline(at, List.of(login));
        writer.covered(events, at, history.now(), 4);
        history.commit(update(login, open), delete(open), insert(login), insert(login));

        try (HistoryReader reader = read()) {
            RowKey key = java.util.Objects.requireNonNull(login.key());
            assertThat(list(reader.baseline(events.id(), at))).containsExactlyInAnyOrder(login, login, login, open);
            assertThat(reader.baseline(events.id(), key, at)).contains(login);
            assertThat(reader.baselineCount(events.id(), key, at)).isEqualTo(3);
            assertThat(reader.baselineCount(events.id(), key, new Lsn(at.value() - 1)))
                    .isZero();
            assertThat(list(reader.changes(events.id(), key, Lsn.ZERO, Lsn.MAX)))
                    .extracting(Change::operation)
                    .containsExactly(Operation.UPDATE, Operation.INSERT, Operation.INSERT);
            assertThat(list(reader.referring(events.id(), events.foreignKeys().get(0), List.of("1"))))
                    .containsExactly(key);
            assertThat(new RowTimeline(reader, reader.tables().get(0)).asOf(key, history.here()))
                    .isEqualTo(new RowTimeline.State.Present(login, 4));
        }
    }

    @Test
    void aBaselineRowThatCannotBeToldFromOthersIsRefused() {
        TableSchema events =
                TableFixture.table("events").column("kind", "\"char\"").key().build();
        for (RowImage row : List.of(row(users, UNKNOWN, "ann"), row(events, UNKNOWN))) {
            assertThatThrownBy(() -> writer.baseline(history.here(), List.of(row)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(row.schema().name().name());
        }
    }

    @Test
    void rowsAreFoundByWhatTheyEverReferredTo() {
        history.baseline(items, row(items, "1", "a", null));
        history.commit(insert(row(items, "1", "b", null)), insert(row(items, "2", "c", null)));
        history.commit(update(row(items, "2", "c", null), row(items, "1", "c", null)));
        history.commit(delete(row(items, "3", "d", null)), delete(row(items, "1", "a", null)));
        writer.baseline(history.here(), List.of(row(items, "1", "never covered", null)));

        try (HistoryReader reader = read()) {
            assertThat(list(reader.referring(items.id(), toUsers, List.of("1"))))
                    .containsExactlyInAnyOrder(RowKey.of("1", "a"), RowKey.of("1", "b"), RowKey.of("1", "c"));
            assertThat(list(reader.referring(items.id(), toUsers, List.of("2"))))
                    .containsExactly(RowKey.of("2", "c"));
            assertThat(list(reader.referring(items.id(), toUsers, List.of("3"))))
                    .containsExactly(RowKey.of("3", "d"));
            assertThat(list(reader.referring(items.id(), toUsers, List.of("4"))))
                    .isEmpty();
        }
    }

    @Test
    void aForeignKeyThatCameLaterOrWasRenamedFindsTheOlderRowsAsWell() {
        TableSchema early = note("owner", null);
        TableSchema late = note("user_id", users);
        history.baseline(early, row(early, "1", "7"));
        history.commit(insert(row(early, "2", "7")));
        history.commit(insert(row(late, "3", "7")), insert(row(late, "4", "8")), insert(row(late, "5", null)));

        try (HistoryReader reader = read()) {
            ForeignKey added = late.foreignKeys().get(0);
            assertThat(list(reader.referring(late.id(), added, List.of("7"))))
                    .containsExactlyInAnyOrder(RowKey.of("1"), RowKey.of("2"), RowKey.of("3"));
        }
    }

    private static TableSchema note(String owner, @Nullable TableSchema parent) {
        TableFixture table = TableFixture.table("notes")
                .column("id", "bigint")
                .column(owner, "bigint")
                .key("id");
        return (parent == null ? table : table.foreignKey(owner, parent, ForeignKey.Action.SET_NULL)).build();
    }

    @Test
    void transactionsAreFoundByEitherFormOfTheirId() {
        Instant time = Instant.parse("2026-01-01T00:00:00.123456Z");
        Transaction one = transaction(new Lsn(0x3000), 700, time);
        Transaction wrapped = new Transaction(
                new Lsn(0x3100),
                new Lsn(0x3150),
                new TransactionId((5L << 32) + 700),
                time.plusSeconds(1),
                "upstream",
                Map.of(users.id(), new Transaction.Counts(1, 2, 3, 4), items.id(), Transaction.Counts.NONE),
                List.of("{\"user\":\"ann\"}", "", "é"));
        writer.append(new Batch(List.of(), List.of(one, wrapped), wrapped.end()));

        try (HistoryReader reader = read()) {
            assertThat(reader.transactionsOf(700)).containsExactly(one, wrapped);
            assertThat(reader.transactionsOf((5L << 32) + 700)).containsExactly(wrapped);
            assertThat(reader.transactionsOf((6L << 32) + 700)).isEmpty();
            assertThat(reader.transactionsOf(701)).isEmpty();
            assertThat(list(reader.transactions(new Lsn(0x3001), Lsn.MAX))).containsExactly(wrapped);
        }
    }

    @Test
    void aTimeStandsForTheFirstCommitInOrderAtOrAfterIt() {
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        long[] millis = {100, 900, 2_500, 1_200, 2_600, 1_300, 7_000};
        for (int i = 0; i < millis.length; i++) {
            Transaction transaction = transaction(new Lsn(0x3000 + 0x100 * i), 700 + i, start.plusMillis(millis[i]));
            writer.append(new Batch(List.of(), List.of(transaction), transaction.end()));
        }

        try (HistoryReader reader = read()) {
            assertThat(commitAt(reader, start)).isEqualTo(0x3000);
            assertThat(commitAt(reader, start.plusMillis(100))).isEqualTo(0x3000);
            assertThat(commitAt(reader, start.plus(Duration.ofNanos(100_000_001))))
                    .isEqualTo(0x3100);
            assertThat(commitAt(reader, start.plusMillis(1_000))).isEqualTo(0x3200);
            assertThat(commitAt(reader, start.plusMillis(2_501))).isEqualTo(0x3400);
            assertThat(commitAt(reader, start.plusMillis(2_601))).isEqualTo(0x3600);
            assertThatThrownBy(() -> reader.positionAt(start.plusSeconds(60)))
                    .as("commits before that time may be on their way")
                    .isInstanceOfSatisfying(
                            RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_COVERED));
        }
        writer.completeUntil(start.plusSeconds(60));
        writer.completeUntil(start.plusSeconds(59));
        try (HistoryReader reader = read()) {
            assertThat(commitAt(reader, start.plusSeconds(60)))
                    .as("the durable position")
                    .isEqualTo(0x3650);
        }
    }

    @Test
    void aTimeBeforeATablesCoverageIsNotCovered() {
        history.baseline(users, row(users, "1", "ann"));
        Instant before = history.now();
        Transaction transaction = history.commit(insert(row(users, "2", "bob")));
        Instant later = history.now().plusSeconds(10);
        writer.covered(items, history.here(), later, 0);
        writer.completeUntil(later);

        try (HistoryReader reader = read()) {
            TableInfo items = reader.tables().get(0);
            TableInfo users = reader.tables().get(1);
            assertThat(users.coverage(reader.positionAt(before.minusSeconds(1))))
                    .isEmpty();
            assertThat(reader.positionAt(before)).isEqualTo(transaction.commit());
            Lsn between = reader.positionAt(later.minusSeconds(1));
            assertThat(between).isGreaterThan(transaction.commit());
            assertThat(users.coverage(between)).isPresent();
            assertThat(items.coverage(between)).isEmpty();
            assertThat(items.coverage(reader.positionAt(later))).isPresent();
        }
    }

    @Test
    void aStoreIsCreatedOnce() {
        assertThat(writer.info().systemIdentifier()).isEqualTo("7000000000000000001");
        assertThatThrownBy(() -> writer.create("1", "other", Lsn.ZERO)).isInstanceOf(IllegalStateException.class);
        try (HistoryReader reader = read()) {
            assertThat(reader.info().database()).isEqualTo("app");
        }
    }

    private static long commitAt(HistoryReader reader, Instant time) {
        return reader.positionAt(time).value();
    }

    private List<Operation> operations(HistoryReader reader, RowKey key) {
        return list(reader.changes(users.id(), key, Lsn.ZERO, Lsn.MAX)).stream()
                .map(Change::operation)
                .toList();
    }
}
