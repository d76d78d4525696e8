package io.rowback.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class AheadTest {
    private static final int SECONDS = 30;

    @Test
    void whatIsMadeComesInTheOrderOfItsInputs() {
        List<Integer> inputs = IntStream.range(0, 1_000).boxed().toList();
        List<Integer> made = new ArrayList<>();
        try (Ahead<Integer, Integer> ahead = new Ahead<>(inputs.iterator(), input -> 2 * input)) {
            ahead.forEachRemaining(made::add);
        }
        assertThat(made).isEqualTo(inputs.stream().map(input -> 2 * input).toList());
    }

    @Test
    void anotherThreadMakesTheNextMeanwhile() {
        CountDownLatch second = new CountDownLatch(1);
        try (Ahead<Integer, Integer> ahead = new Ahead<>(List.of(1, 2).iterator(), input -> {
            if (input == 2) {
                second.countDown();
            } else {
                await(second);
            }
            return input;
        })) {
            assertThat(ahead.next()).isEqualTo(1);
        }
    }

    @Test
    void whoAsksMakesOneTooWhileTheOtherThreadIsAtWork() {
        CountDownLatch third = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        try (Ahead<Integer, Integer> ahead = new Ahead<>(List.of(1, 2, 3).iterator(), input -> {
            if (input == 2) {
                second.countDown();
                await(third);
            } else if (input == 3) {
                third.countDown();
            }
            return input;
        })) {
            assertThat(ahead.next()).isEqualTo(1);
            // The other thread has begun it, so that it is not who asks that makes it.
            await(second);
            assertThat(ahead.next()).isEqualTo(2);
            assertThat(ahead.next()).isEqualTo(3);
        }
    }

    @Test
    void noMoreThanTwoAreMadeBeforeTheyAreAskedForAndThreeBesideTheFirst() {
        AtomicInteger begun = new AtomicInteger();
        try (Ahead<Integer, Integer> ahead =
                new Ahead<>(IntStream.range(0, 100).iterator(), input -> begun.incrementAndGet())) {
            for (int asked = 1; asked <= 97; asked++) {
                ahead.next();
                assertThat(begun.get()).isLessThanOrEqualTo(asked == 1 ? 4 : asked + 2);
            }
        }
    }

    @Test
    void whatIsThrownIsThrownToWhoAsksForIt() {
        RowbackException corrupt = new RowbackException(ErrorCode.STORE_CORRUPT, "corrupt", "verify it");
        for (int wrong = 0; wrong < 4; wrong++) {
            int at = wrong;
            List<Integer> made = new ArrayList<>();
            try (Ahead<Integer, Integer> ahead =
                    new Ahead<>(IntStream.range(0, 10).iterator(), input -> {
                        if (input == at) {
                            throw corrupt;
                        }
                        return input;
                    })) {
                assertThatThrownBy(() -> ahead.forEachRemaining(made::add)).isSameAs(corrupt);
            }
            assertThat(made).isEqualTo(IntStream.range(0, at).boxed().toList());
        }
    }

    @Test
    void memoryThatDoesNotSufficeIsToldAsThat() {
        try (Ahead<Integer, Integer> ahead = new Ahead<>(List.of(1, 2).iterator(), input -> {
            if (input == 2) {
                throw new OutOfMemoryError("no room");
            }
            return input;
        })) {
            ahead.next();
            assertThatThrownBy(ahead::next).isInstanceOf(OutOfMemoryError.class).hasMessage("no room");
        }
    }

    @Test
    void nothingIsAtWorkOnceItIsClosedThoughWhoClosesItIsInterrupted() {
        CountDownLatch second = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        AtomicInteger atWork = new AtomicInteger();
        Ahead<Integer, Integer> ahead = new Ahead<>(List.of(1, 2, 3).iterator(), input -> {
            atWork.incrementAndGet();
            if (input == 2) {
                second.countDown();
                await(closing);
            }
            atWork.decrementAndGet();
            return input;
        });
        ahead.next();
        await(second);
        Thread.currentThread().interrupt();
        Thread closer = Thread.currentThread();
        Thread release = new Thread(() -> {
            // An interrupted thread that gave up would never wait.
            while (closer.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            closing.countDown();
        });
        release.setDaemon(true);
        release.start();
        ahead.close();
        assertThat(atWork.get()).isZero();
        assertThat(Thread.interrupted()).isTrue();
    }

    private static void await(CountDownLatch latch) {
        try {
            // Whoever waits in vain fails, since nothing else would end it: closing waits for what is being made.
            assertThat(latch.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
