package io.rowback.history;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.rowback.history.HistoryWriter.Batch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every history promises, whatever keeps it. */
public abstract class HistoryContract {
    private static final String UUID = "6f1b5a52-0c1e-4a6f-9f0f-3d2d1c0b9a88";

    private final TableSchema users = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private final TableSchema items = TableFixture.table("items")
            .column("user_id", "bigint")
            .column("code", "text")
            .column("note", "text")
            .key("user_id", "code")
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();
    private final ForeignKey toUsers = items.foreignKeys().get(0);

    private HistoryWriter writer;
    private HistoryFixture history;

    /** A new, empty history. */
    protected abstract HistoryWriter open();

    /** What is stored at this moment. */
    protected abstract HistoryReader read();

    @BeforeEach
    void create() {
        writer = open();
        history = new HistoryFixture(writer);
    }

    @AfterEach
    void close() {
        writer.close();
    }

    @Test
    void rowsKeepWhatTheyHoldWhenTheChangesAreDroppedThatWroteIt() {
        TableSchema logged = TableFixture.table("logged").column("what", "text").build();
        history.baseline(users, row(users, "1", "ann"), row(users, "2", "bob"));
        history.baseline(items, row(items, "1", "a", "long"), row(items, "2", "b", null));
        history.baseline(logged, row(logged, "in"), row(logged, "in"));
        history.commit(update(row(items, "1", "a", "long"), row(items, "1", "c", UNKNOWN)), delete(row(logged, "in")));
        history.commit(delete(row(users, "2", "bob")), delete(row(items, "2", "b", null)));
        history.commit(insert(row(users, "3", "joe")), insert(row(logged, "out")), insert(row(logged, "out")));
        Transaction dropped =
                history.commit(List.of("by hand"), update(row(users, "1", "ann"), row(users, "1", "eve")));
        List<Transaction> later = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            later.add(history.commit(update(row(users, "3", "joe"), row(users, "3", "joe"))));
        }
        Lsn durable = writer.info().durable();

        assertThat(writer.forget(Lsn.MAX)).isTrue();

        try (HistoryReader reader = read()) {
            Horizon horizon = Objects.requireNonNull(reader.info().horizon());
            assertThat(horizon.at()).isGreaterThan(dropped.commit());
            assertThat(reader.transaction(dropped.commit())).isEmpty();
            assertThat(reader.transactionsOf(dropped.id().value())).isEmpty();
            assertThat(asOf(reader, users, durable)).containsExactly(row(users, "1", "eve"), row(users, "3", "joe"));
            assertThat(asOf(reader, items, durable)).containsExactly(row(items, "1", "c", "long"));
            assertThat(asOf(reader, logged, durable))
                    .containsExactlyInAnyOrder(row(logged, "in"), row(logged, "out"), row(logged, "out"));
            assertThat(list(reader.referring(items.id(), toUsers, List.of("2"))))
                    .isEmpty();
            assertThat(list(reader.referring(items.id(), toUsers, List.of("1"))))
                    .containsExactly(RowKey.of("1", "c"));
            Lsn before = reader.positionAt(dropped.time());
            assertThat(before).isLessThan(horizon.at());
            assertThatThrownBy(() -> asOf(reader, users, before))
                    .isInstanceOfSatisfying(RowbackException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.NOT_COVERED);
                        assertThat(refused).hasMessageContaining("was dropped by retention");
                    });
            assertThat(reader.tables())
                    .allSatisfy(table -> assertThat(table.holes(List.of())).containsExactly(Hole.below(horizon)));
            assertThat(later)
                    .anyMatch(one -> one.commit().isBefore(horizon.at()))
                    .allSatisfy(one -> {
                        Lsn at = reader.positionAt(one.time());
                        if (one.commit().isBefore(horizon.at())) {
                            assertThat(at)
                                    .as("just before the newest that was dropped too")
                                    .isLessThan(horizon.at());
                        } else {
                            assertThat(at).isEqualTo(one.commit());
                        }
                    });
        }
    }

    @Test
    void gapBelowTheHorizonIsNotToldAnyMore() {
        Lsn lost = history.here();
        writer.gap(new Gap(lost, lost.next(), history.now(), history.now(), "lost"));
        history.baseline(users, row(users, "1", "ann"));
        for (int i = 0; i < 20; i++) {
            history.commit(update(row(users, "1", "ann"), row(users, "1", "ann")));
        }
        assertThat(writer.info().gaps()).hasSize(1);

        assertThat(writer.forget(Lsn.MAX)).isTrue();

        assertThat(writer.info().gaps()).isEmpty();
        try (HistoryReader reader = read()) {
            assertThat(reader.info().gaps()).isEmpty();
        }
    }

    @Test
    void tableOfWhichNothingIsLeftIsForgotten() {
        history.baseline(users, row(users, "1", "ann"));
        history.baseline(items, row(items, "1", "a", "x"));
        history.commit(update(row(items, "1", "a", "x"), row(items, "1", "a", "y")));
        writer.uncovered(items.id(), history.here());
        for (int i = 0; i < 20; i++) {
            history.commit(update(row(users, "1", "ann"), row(users, "1", "ann")));
        }

        writer.forget(Lsn.MAX);

        try (HistoryReader reader = read()) {
            assertThat(reader.tables()).extracting(TableInfo::schema).containsExactly(users);
        }
        history.baseline(items, row(items, "1", "a", "z"));
        try (HistoryReader reader = read()) {
            assertThat(asOf(reader, items, reader.info().durable())).containsExactly(row(items, "1", "a", "z"));
        }
    }

    private static List<RowImage> asOf(HistoryReader reader, TableSchema table, Lsn at) {
        TableInfo info = reader.tables().stream()
                .filter(one -> one.schema().id().equals(table.id()))
                .findFirst()
                .orElseThrow();
        return list(new TableTimeline(reader, info).asOf(at));
    }

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
        Transaction first = history.commit(insert(row(users, "1", "ann")));
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
            Map<RowKey, List<Change>> several = reader.changes(users.id(), asked, Lsn.ZERO, Lsn.MAX);
            assertThat(several).containsOnlyKeys(RowKey.of("2"), RowKey.of("10"));
            Set<RowKey> objects = Collections.newSetFromMap(new IdentityHashMap<>());
            objects.addAll(asked);
            assertThat(several.keySet()).allMatch(objects::contains);
            several.forEach((key, changes) -> assertThat(changes)
                    .isNotEmpty()
                    .isEqualTo(list(reader.changes(users.id(), key, Lsn.ZERO, Lsn.MAX)
                            .filter(change -> change.operation() != Operation.TRUNCATE))));
            assertThat(reader.changes(users.id(), several.keySet(), emptied.commit(), Lsn.MAX))
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
    void aNewBaselineAndAGapEndTheCoverageBeforeThem() {
        Instant start = history.now();
        Lsn first = history.baseline(users, row(users, "1", "ann"), row(users, "2", "bob"));
        history.commit(delete(row(users, "2", "bob")));
        Lsn second = history.baseline(users, row(users, "1", "ann"));
        Lsn lost = history.commit(insert(row(users, "4", "eve"))).end();
        writer.completeUntil(history.now().plusSeconds(5));
        Gap gap = new Gap(
                lost,
                new Lsn(0x9000),
                history.now().plusSeconds(5),
                history.now().plusSeconds(99),
                "the slot was lost");
        writer.gap(gap);

        try (HistoryReader reader = read()) {
            assertThat(reader.info().gaps()).containsExactly(gap);
            assertThat(reader.tables().get(0).coverage())
                    .containsExactly(
                            new Coverage(first, start, second), new Coverage(second, start.plusSeconds(1), lost));
            assertThat(list(reader.baseline(users.id(), new Lsn(second.value() - 1))))
                    .hasSize(2);
            assertThat(list(reader.baseline(users.id(), second))).hasSize(1);
            assertThat(list(reader.baseline(users.id(), lost.next()))).isEmpty();
            assertThat(reader.info().durable()).isEqualTo(gap.to());
            assertThat(reader.tables().get(0).holes(reader.info().gaps()))
                    .containsExactly(new Hole(lost, Lsn.MAX, gap));
        }
    }

    @Test
    void aTimeBeforeAGapIsNotBehindIt() {
        history.baseline(users, row(users, "1", "ann"));
        Transaction last = history.commit(insert(row(users, "2", "bob")));
        Instant since = history.now().plusSeconds(5);
        Instant until = history.now().plusSeconds(9);
        writer.gap(new Gap(last.end(), new Lsn(0x9000), since, until, "the slot was lost"));
        writer.covered(users, new Lsn(0x9000), until.plusSeconds(1), 0);
        writer.completeUntil(until.plusSeconds(2));

        try (HistoryReader reader = read()) {
            TableInfo table = reader.tables().get(0);
            assertThat(reader.positionAt(since)).isEqualTo(last.end());
            assertThat(table.coverage(reader.positionAt(since.plusSeconds(1)))).isEmpty();
            assertThat(table.coverage(reader.positionAt(until.plusSeconds(2)))).isPresent();
        }
    }

    @Test
    void whatNeverHappenedOnTheServersNewTimelineIsTakenOut() {
        writer.follow(List.of(new Timeline(1, Lsn.ZERO)));
        Lsn at = history.baseline(users, row(users, "1", "ann"));
        Transaction kept = history.commit(insert(row(users, "2", "bob")));
        Lsn fork = kept.end();
        history.commit(delete(row(users, "2", "bob")), insert(row(items, "1", "a", "1")));
        history.baseline(users, row(users, "1", "ann"), row(users, "3", "cid"));
        writer.baseline(history.here(), List.of(row(items, "1", "never covered", "1")));
        history.baseline(items, row(items, "1", "a", "1"));
        writer.gap(new Gap(history.here(), new Lsn(0x9000), history.now(), history.now(), "lost"));
        Published published = new Published(history.here(), List.of(new Published.Member(users.id(), "1 700 2 701")));
        writer.published(published);
        List<Timeline> now = List.of(new Timeline(1, Lsn.ZERO), new Timeline(2, fork));
        writer.follow(now);
        writer.follow(now);

        try (HistoryReader reader = read()) {
            StoreInfo info = reader.info();
            assertThat(info.durable()).isEqualTo(fork);
            assertThat(info.timelines()).isEqualTo(now);
            assertThat(info.gaps()).isEmpty();
            assertThat(info.completeUntil()).isBeforeOrEqualTo(kept.time());
            assertThat(list(reader.transactions(Lsn.ZERO, Lsn.MAX))).containsExactly(kept);
            assertThat(list(reader.changes(Lsn.ZERO, Lsn.MAX))).hasSize(1);
            assertThat(reader.tables()).singleElement().satisfies(table -> {
                assertThat(table.coverage())
                        .extracting(Coverage::from, Coverage::to)
                        .containsExactly(tuple(at, fork));
                assertThat(table.baselineRows()).isEqualTo(1);
            });
        }
        assertThat(writer.published()).isEqualTo(new Published(fork, published.tables()));
        Transaction other = history.commit(insert(row(users, "4", "dan")));
        try (HistoryReader reader = read()) {
            assertThat(list(reader.transactions(Lsn.ZERO, Lsn.MAX))).containsExactly(kept, other);
        }
    }

    @Test
    void whatAServerDoesThatWentOnBelowTheHorizonIsHeld() {
        writer.follow(List.of(new Timeline(1, Lsn.ZERO)));
        history.baseline(users, row(users, "1", "ann"));
        Lsn fork = history.commit(insert(row(users, "2", "bob"))).end();
        for (int i = 0; i < 20; i++) {
            history.commit(update(row(users, "1", "ann"), row(users, "1", "ann")));
        }
        assertThat(writer.forget(Lsn.MAX)).isTrue();
        Horizon before = Objects.requireNonNull(writer.info().horizon());
        writer.follow(List.of(new Timeline(1, Lsn.ZERO), new Timeline(2, fork)));
        Transaction other = HistoryFixture.goingOn(writer).commit(insert(row(users, "4", "dan")));

        assertThat(other.commit()).isLessThan(before.at());
        try (HistoryReader reader = read()) {
            assertThat(reader.info().horizon()).isEqualTo(new Horizon(fork, before.since()));
            assertThat(list(reader.transactions(Lsn.ZERO, Lsn.MAX))).containsExactly(other);
            assertThat(changes(reader)).extracting(Change::after).containsExactly(row(users, "4", "dan"));
        }
    }

    @Test
    void whatTheServerBeforeAnUpgradeDidStandsAndTheNextOneGoesOnBehindIt() {
        writer.follow(List.of(new Timeline(1, Lsn.ZERO), new Timeline(2, new Lsn(0x10))));
        history.baseline(users, row(users, "1", "ann"));
        Transaction before = history.commit(insert(row(users, "2", "bob")));
        List<Timeline> now = List.of(new Timeline(1, Lsn.ZERO));
        writer.goOnWith("7000000000000000002", now);
        writer.follow(now);
        Transaction after = history.commit(delete(row(users, "2", "bob")));

        try (HistoryReader reader = read()) {
            assertThat(reader.info().systemIdentifier()).isEqualTo("7000000000000000002");
            assertThat(reader.info().database())
                    .isEqualTo(writer.info().database())
                    .isNotEmpty();
            assertThat(reader.info().timelines()).isEqualTo(now);
            assertThat(list(reader.transactions(Lsn.ZERO, Lsn.MAX))).containsExactly(before, after);
            assertThat(reader.tables().get(0).coverage())
                    .singleElement()
                    .satisfies(coverage -> assertThat(coverage.to()).isEqualTo(Lsn.MAX));
        }
    }

    @Test
    void whatIsKnownAheadOfTheStreamIsTakenOutWhenTheServerGoesOnBeforeIt() {
        writer.follow(List.of(new Timeline(1, Lsn.ZERO)));
        Lsn at = history.baseline(users, row(users, "1", "ann"));
        Transaction kept = history.commit(insert(row(users, "2", "bob")));
        writer.completeUntil(history.now());
        Lsn fork = new Lsn(0x2000);
        Lsn ahead = new Lsn(0x3000);
        part(new Lsn(0x1800), row(users, "3", "cid"));
        part(new Lsn(0x2800), row(users, "4", "dan"));
        writer.baseline(ahead, List.of(row(items, "1", "a", "1")));
        writer.covered(items, ahead, history.now(), 1);
        writer.described(users.withPartitionOf(List.of(new TableName("public", "people"))), ahead);
        writer.published(new Published(ahead, List.of()));
        writer.follow(List.of(new Timeline(1, Lsn.ZERO), new Timeline(2, fork)));

        assertThat(writer.info().durable()).isEqualTo(kept.end());
        assertThat(writer.info().completeUntil()).isEqualTo(history.now());
        assertThat(writer.info().voided()).isEmpty();
        assertThat(writer.published()).isEqualTo(new Published(fork, List.of()));
        assertThat(writer.lastCommit(users.id())).isEqualTo(kept.commit());
        writer.append(new Batch(List.of(), List.of(), new Lsn(0x4000)));
        try (HistoryReader reader = read()) {
            assertThat(changes(reader)).extracting(Change::after).containsExactly(row(users, "2", "bob"));
            assertThat(reader.tables()).singleElement().satisfies(table -> {
                assertThat(table.schemas()).hasSize(1);
                assertThat(table.schema()).isEqualTo(users);
                assertThat(table.coverage())
                        .extracting(Coverage::from, Coverage::to)
                        .containsExactly(tuple(at, Lsn.MAX));
                assertThat(table.baselineRows()).isEqualTo(1);
            });
        }
    }

    @Test
    void aTransactionStoredInPartIsTakenOutByAGap() {
        Transaction kept = history.commit(insert(row(users, "1", "ann")));
        part(new Lsn(0x2000), row(users, "2", "bob"));
        writer.gap(new Gap(kept.end(), new Lsn(0x3000), history.now(), history.now(), "the slot was lost"));

        try (HistoryReader reader = read()) {
            assertThat(changes(reader)).extracting(Change::after).containsExactly(row(users, "1", "ann"));
        }
    }

    /** Stores the first change of a transaction whose commit has not been seen yet. */
    private void part(Lsn commit, RowImage row) {
        Change change = new Change(new Position(commit, 0), Operation.INSERT, row.schema(), null, row);
        writer.append(new Batch(List.of(change), List.of(), null));
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

    private static Transaction transaction(Lsn commit, long id, Instant time) {
        Lsn end = new Lsn(commit.value() + 0x50);
        return new Transaction(commit, end, new TransactionId(id), time, null, Map.of(), List.of());
    }

    private List<Operation> operations(HistoryReader reader, RowKey key) {
        return list(reader.changes(users.id(), key, Lsn.ZERO, Lsn.MAX)).stream()
                .map(Change::operation)
                .toList();
    }

    private static List<Change> changes(HistoryReader reader) {
        return list(reader.changes(Lsn.ZERO, Lsn.MAX));
    }

    private static <T> List<T> list(Stream<T> stream) {
        try (stream) {
            return stream.toList();
        }
    }
}
