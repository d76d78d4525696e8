package io.rowback.history;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.RowTimeline.State;
import io.rowback.history.RowTimeline.Version;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowTimelineTest {
    private static final RowKey ONE = RowKey.of("1");
    private static final RowKey TWO = RowKey.of("2");

    private final MemoryHistory memory = new MemoryHistory();
    private final HistoryFixture history = new HistoryFixture(memory);
    private final TableSchema full = notes(ReplicaIdentity.FULL);
    private final TableSchema lean = notes(ReplicaIdentity.DEFAULT);

    private static TableSchema notes(ReplicaIdentity identity) {
        return TableFixture.table("notes")
                .column("id", "bigint")
                .column("title", "text")
                .column("body", "text")
                .key("id")
                .identity(identity)
                .build();
    }

    @Test
    void imagesUnderDefaultIdentityComeFromTheBaseline() {
        history.baseline(lean, row(lean, "1", "a", "long"));
        history.commit(update(row(lean, "1", "a", "long"), row(lean, "1", "b", UNKNOWN)));
        history.commit(delete(row(lean, "1", "b", "long")));

        assertThat(versions(ONE))
                .extracting(Version::before)
                .containsExactly(row(lean, "1", "a", "long"), row(lean, "1", "b", "long"));
        assertThat(versions(ONE)).extracting(Version::after).containsExactly(row(lean, "1", "b", "long"), null);
    }

    @Test
    void anUnchangedToastValueUnderFullIdentityComesFromTheBeforeImage() {
        history.commit(update(row(full, "1", "a", "long"), row(full, "1", "b", UNKNOWN)));

        assertThat(versions(ONE)).extracting(Version::after).containsExactly(row(full, "1", "b", "long"));
    }

    @Test
    void whatNoImageHoldsStaysUnknown() {
        history.commit(insert(row(lean, "1", "a", "long")));
        history.commit(update(row(lean, "1", "a", "long"), row(lean, "1", "b", UNKNOWN)));

        assertThat(versions(ONE).get(1))
                .as("not covered, so an update between the two may be missing")
                .satisfies(version -> {
                    assertThat(version.before()).isEqualTo(row(lean, "1", UNKNOWN, UNKNOWN));
                    assertThat(version.after()).isEqualTo(row(lean, "1", "b", UNKNOWN));
                });
    }

    @Test
    void aRowIsFollowedThroughAChangeOfItsKey() {
        Lsn start = history.baseline(lean, row(lean, "1", "a", "long"));
        history.commit(update(row(lean, "1", "a", "long"), row(lean, "2", "a", UNKNOWN)));
        Lsn moved = history.here();
        history.commit(insert(row(lean, "1", "new", "short")));

        assertThat(state(ONE, start)).isEqualTo(new State.Present(row(lean, "1", "a", "long")));
        assertThat(state(ONE, moved)).isEqualTo(new State.Absent());
        assertThat(state(TWO, start)).isEqualTo(new State.Absent());
        assertThat(state(TWO, moved)).isEqualTo(new State.Present(row(lean, "2", "a", "long")));
        assertThat(versions(ONE)).extracting(Version::before).containsExactly(row(lean, "1", "a", "long"), null);
        assertThat(versions(TWO)).extracting(Version::before).containsOnlyNulls();
    }

    @Test
    void rowsThatExchangeTheirKeysTimeAndAgainAreResolvedInTime() {
        history.baseline(lean, row(lean, "1", "a", "A"), row(lean, "2", "b", "B"));
        for (int i = 0; i < 100; i++) {
            history.commit(
                    update(row(lean, "1", "x", UNKNOWN), row(lean, "0", "x", UNKNOWN)),
                    update(row(lean, "2", "x", UNKNOWN), row(lean, "1", "x", UNKNOWN)),
                    update(row(lean, "0", "x", UNKNOWN), row(lean, "2", "x", UNKNOWN)));
        }

        assertThat(state(ONE, history.here())).isEqualTo(new State.Present(row(lean, "1", "x", "A")));
        assertThat(state(TWO, history.here())).isEqualTo(new State.Present(row(lean, "2", "x", "B")));
    }

    @Test
    void rowsThatExchangeTheirKeysWithoutLeavingThemAreBothThere() {
        history.baseline(full, row(full, "1", "a", "A"), row(full, "2", "b", "B"));
        history.commit(
                update(row(full, "1", "a", "A"), row(full, "2", "a", UNKNOWN)),
                update(row(full, "2", "b", "B"), row(full, "1", "b", UNKNOWN)));

        assertThat(state(ONE, history.here())).isEqualTo(new State.Present(row(full, "1", "b", "B")));
        assertThat(state(TWO, history.here())).isEqualTo(new State.Present(row(full, "2", "a", "A")));
        assertThat(versions(TWO)).extracting(Version::before).containsExactly(null, row(full, "2", "b", "B"));
        assertThat(versions(TWO)).extracting(Version::after).containsExactly(row(full, "2", "a", "A"), null);
    }

    @Test
    void ofTwoRowsUnderOneKeyEachChangeConcernsTheOneItFound() {
        history.baseline(full, row(full, "1", "a", "A"), row(full, "2", "b", "B"), row(full, "3", "c", "C"));
        history.commit(
                update(row(full, "1", "a", "A"), row(full, "2", "a", UNKNOWN)),
                update(row(full, "2", "b", "B"), row(full, "2", "z", UNKNOWN)),
                update(row(full, "3", "c", "C"), row(full, "1", "c", UNKNOWN)),
                update(row(full, "2", "z", "B"), row(full, "3", "z", UNKNOWN)));
        Lsn cycle = history.here();
        history.commit(insert(row(full, "1", "new", "N")), delete(row(full, "1", "c", "C")));
        Lsn replaced = history.here();
        history.commit(insert(row(full, "1", "newer", "N")), delete(row(full, "1", "newer", "N")));
        history.commit(delete(row(full, "2", "a", "A")));

        assertThat(state(ONE, cycle)).isEqualTo(new State.Present(row(full, "1", "c", "C")));
        assertThat(state(TWO, cycle)).isEqualTo(new State.Present(row(full, "2", "a", "A")));
        assertThat(state(RowKey.of("3"), cycle)).isEqualTo(new State.Present(row(full, "3", "z", "B")));
        assertThat(state(ONE, replaced)).isEqualTo(new State.Present(row(full, "1", "new", "N")));
        assertThat(state(ONE, history.here())).isEqualTo(new State.Present(row(full, "1", "new", "N")));
        assertThat(state(TWO, history.here())).isEqualTo(new State.Absent());
    }

    @Test
    void aRowThatShouldNotHaveBeenThereIsGoneOnceAnotherOneTookItsKey() {
        history.baseline(full, row(full, "1", "a", "A"));
        history.commit(insert(row(full, "1", "b", "B")));
        history.commit(delete(row(full, "1", "b", "B")));

        assertThat(state(ONE, history.here())).isEqualTo(new State.Absent());
    }

    @Test
    void aRowThatMovedTooOftenKeepsItsValueUnknownInsteadOfOverflowingTheStack() {
        history.baseline(lean, row(lean, "0", "a", "long"));
        for (int i = 0; i < 5_000; i++) {
            history.commit(update(
                    row(lean, Integer.toString(i), "a", UNKNOWN), row(lean, Integer.toString(i + 1), "a", UNKNOWN)));
        }

        assertThat(state(RowKey.of("5000"), history.here()))
                .isEqualTo(new State.Present(row(lean, "5000", "a", UNKNOWN)));
    }

    @Test
    void severalChangesOfOneTransactionFollowEachOther() {
        history.baseline(lean);
        history.commit(
                insert(row(lean, "1", "a", "long")),
                update(row(lean, "1", "a", "long"), row(lean, "1", "b", UNKNOWN)),
                delete(row(lean, "1", "b", "long")),
                insert(row(lean, "1", "c", "short")));

        assertThat(versions(ONE))
                .extracting(Version::after)
                .containsExactly(
                        row(lean, "1", "a", "long"), row(lean, "1", "b", "long"), null, row(lean, "1", "c", "short"));
        assertThat(state(ONE, history.here())).isEqualTo(new State.Present(row(lean, "1", "c", "short")));
    }

    @Test
    void truncateEndsARowAndIsNoPartOfALifeThatHadNotBegun() {
        history.baseline(full, row(full, "1", "a", "long"));
        history.commit(truncate(full));
        history.commit(insert(row(full, "2", "b", "short")));

        assertThat(versions(ONE)).extracting(Version::before).containsExactly(row(full, "1", "a", "long"));
        assertThat(state(ONE, history.here())).isEqualTo(new State.Absent());
        assertThat(versions(TWO))
                .extracting(version -> version.change().operation())
                .containsExactly(Operation.INSERT);
    }

    @Test
    void nothingIsCarriedOverAStretchThatIsNotCovered() {
        history.baseline(lean, row(lean, "1", "a", "long"));
        history.commit(update(row(lean, "1", "a", "long"), row(lean, "1", "b", UNKNOWN)));
        Lsn covered = history.here();
        memory.gap(new Gap(covered, covered.next(), history.now(), history.now(), "the slot was lost"));
        Lsn stillCovered = history.here();
        history.commit(update(row(lean, "1", "b", "long"), row(lean, "1", "c", UNKNOWN)));
        Lsn uncovered = history.here();
        Lsn again = history.baseline(lean, row(lean, "1", "d", "longer"));
        history.commit(update(row(lean, "1", "d", "longer"), row(lean, "1", "e", UNKNOWN)));

        assertThat(state(ONE, stillCovered)).isEqualTo(new State.Present(row(lean, "1", "b", "long")));
        assertThat(state(ONE, new Lsn(uncovered.value() - 1))).isEqualTo(new State.NotCovered());
        assertThat(state(ONE, again)).isEqualTo(new State.Present(row(lean, "1", "d", "longer")));
        assertThat(versions(ONE))
                .extracting(Version::after)
                .containsExactly(
                        row(lean, "1", "b", "long"), row(lean, "1", "c", UNKNOWN), row(lean, "1", "e", "longer"));
    }

    @Test
    void aNewBaselineTakesThePlaceOfTheOlderOne() {
        history.baseline(full, row(full, "1", "a", "x"), row(full, "2", "a", "x"));
        history.commit(update(row(full, "1", "a", "x"), row(full, "1", "b", "x")));
        Lsn before = history.here();
        history.commit(delete(row(full, "2", "a", "x")));
        Lsn again = history.baseline(full, row(full, "1", "b", "x"));

        assertThat(state(TWO, before)).isEqualTo(new State.Present(row(full, "2", "a", "x")));
        assertThat(state(TWO, again)).isEqualTo(new State.Absent());
        assertThat(state(ONE, again)).isEqualTo(new State.Present(row(full, "1", "b", "x")));
    }

    @Test
    void changesBeforeTheBaselineAreShownAsTheStreamCarriedThem() {
        history.commit(insert(row(lean, "1", "a", "long")));
        Lsn early = history.here();
        history.commit(delete(row(lean, "1", "a", "long")));
        history.baseline(lean);

        assertThat(state(ONE, early)).isEqualTo(new State.NotCovered());
        assertThat(versions(ONE)).extracting(Version::before).containsExactly(null, row(lean, "1", UNKNOWN, UNKNOWN));
    }

    @Test
    void aColumnThatChangedItsTypeTakesNoValueFromTheOldOne() {
        TableSchema widened = TableFixture.table("notes")
                .column("id", "bigint")
                .column("title", "text")
                .column("body", "jsonb")
                .key("id")
                .identity(ReplicaIdentity.DEFAULT)
                .build();
        history.baseline(lean, row(lean, "1", "a", "[1]"));
        history.commit(update(row(widened, "1", "a", "[1]"), row(widened, "1", "b", UNKNOWN)));

        assertThat(versions(ONE)).extracting(Version::after).containsExactly(row(widened, "1", "b", UNKNOWN));
    }

    private List<Version> versions(RowKey key) {
        return timeline().versions(key, Lsn.ZERO, Lsn.MAX);
    }

    private State state(RowKey key, Lsn at) {
        return timeline().asOf(key, at);
    }

    private RowTimeline timeline() {
        return new RowTimeline(memory, memory.tables().get(0));
    }
}
