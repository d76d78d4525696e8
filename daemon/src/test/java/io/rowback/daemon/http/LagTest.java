package io.rowback.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Lsn;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LagTest {
    private static final Instant NOON = Instant.parse("2026-05-11T12:00:00Z");
    /** The server's clock is ahead of ours, which must not make anything look older or younger. */
    private static final Duration AHEAD = Duration.ofHours(1);

    private final Lag lag = new Lag();

    private void serverAt(long end, long second) {
        lag.serverAt(new Lsn(end), server(second), ours(second));
    }

    private static Instant ours(long second) {
        return NOON.plusSeconds(second);
    }

    private static Instant server(long second) {
        return ours(second).plus(AHEAD);
    }

    @Test
    void nothingIsKnownBeforeTheServerOrTheStoreWasAsked() {
        assertThat(lag.commitSeconds(ours(0))).isNaN();
        assertThat(lag.seconds(ours(0))).isNaN();
        assertThat(lag.bytes(ours(0))).isNaN();
        lag.stored(new Lsn(10), null);
        assertThat(lag.bytes(ours(0))).isNaN();
    }

    @Test
    void whatIsStoredHasNoAge() {
        lag.stored(new Lsn(10), null);
        serverAt(10, 0);
        assertThat(lag.commitSeconds(ours(1))).isZero();
        assertThat(lag.seconds(ours(1))).isZero();
        assertThat(lag.bytes(ours(1))).isZero();
    }

    @Test
    void ageGrowsFromTheLastMomentAtWhichAllWasStored() {
        lag.stored(new Lsn(10), null);
        serverAt(10, 0);
        serverAt(20, 1);
        serverAt(30, 2);
        assertThat(lag.commitSeconds(ours(3))).isEqualTo(3);
        assertThat(lag.seconds(ours(3))).isEqualTo(2);
        assertThat(lag.bytes(ours(3))).isEqualTo(20);

        lag.stored(new Lsn(20), null);
        assertThat(lag.commitSeconds(ours(3))).isEqualTo(2);
        lag.stored(new Lsn(30), null);
        assertThat(lag.commitSeconds(ours(3))).isZero();
    }

    @Test
    void backlogOfADaemonThatWasAwayIsAsOldAsItsOldestCommit() {
        lag.stored(new Lsn(10), server(-3_600));
        serverAt(1_000, 0);
        assertThat(lag.commitSeconds(ours(0))).isEqualTo(3_600);
        lag.stored(new Lsn(500), server(-600));
        assertThat(lag.commitSeconds(ours(0))).isEqualTo(600);
        lag.stored(new Lsn(1_000), server(-1));
        assertThat(lag.commitSeconds(ours(0))).isZero();
    }

    @Test
    void serverThatCannotBeAskedIsTakenToHaveCommittedSince() {
        lag.stored(new Lsn(10), null);
        serverAt(10, 0);
        assertThat(lag.commitSeconds(ours(5))).isZero();
        assertThat(lag.commitSeconds(ours(60))).isEqualTo(60);
        assertThat(lag.seconds(ours(5))).isZero();
        assertThat(lag.seconds(ours(60))).isNaN();
        assertThat(lag.bytes(ours(5))).isZero();
        assertThat(lag.bytes(ours(60))).isNaN();
    }

    /** An alert that has gone off on it must not end because the server is gone, too. */
    @Test
    void whatIsKnownToBeMissingIsToldWhileTheServerCannotBeAsked() {
        lag.stored(new Lsn(10), null);
        serverAt(30, 0);
        assertThat(lag.bytes(ours(60))).isEqualTo(20);
        assertThat(lag.seconds(ours(60))).isEqualTo(60);
    }

    @Test
    void stallOfAnyLengthKeepsItsAge() {
        lag.stored(new Lsn(10), null);
        serverAt(10, 0);
        for (int second = 1; second <= 5_000; second++) {
            serverAt(10 + second, second);
        }
        assertThat(lag.commitSeconds(ours(5_000))).isEqualTo(5_000);
        lag.stored(new Lsn(5_009), null);
        assertThat(lag.commitSeconds(ours(5_000))).isPositive();
        assertThat(lag.seconds(ours(5_001))).isPositive();
        lag.stored(new Lsn(5_010), null);
        assertThat(lag.commitSeconds(ours(5_000))).isZero();
    }
}
