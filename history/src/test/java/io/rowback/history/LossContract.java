package io.rowback.history;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.rowback.history.HistoryWriter.Batch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * What every history promises of what it does not hold any more, or never will: below a horizon, in a gap, and where the
 * server went on otherwise.
 */
public abstract class LossContract extends ContractFixture {
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
    void aLossThatGoesOnForTheSameReasonLengthensItsGap() {
        history.baseline(users, row(users, "1", "ann"));
        Lsn lost = history.commit(insert(row(users, "2", "bob"))).end();
        Instant since = history.now().plusSeconds(5);
        Instant until = history.now().plusSeconds(99);
        Gap begun = new Gap(lost, lost, since, since, "the slot was lost");
        writer.gap(begun);
        try (HistoryReader reader = read()) {
            assertThat(reader.tables().get(0).holes(reader.info().gaps()))
                    .containsExactly(new Hole(lost, Lsn.MAX, begun));
        }
        writer.gap(new Gap(lost, new Lsn(0x9000), until, until, "the slot was lost"));
        Gap other = new Gap(new Lsn(0x9000), new Lsn(0x9100), until, until, "skipped");
        writer.gap(other);

        try (HistoryReader reader = read()) {
            assertThat(reader.info().gaps())
                    .containsExactly(new Gap(lost, new Lsn(0x9000), since, until, "the slot was lost"), other);
            assertThat(reader.tables().get(0).coverage()).singleElement().satisfies(stretch -> assertThat(stretch.to())
                    .isEqualTo(lost));
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
}
