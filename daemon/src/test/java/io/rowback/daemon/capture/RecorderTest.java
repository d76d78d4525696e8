package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.daemon.http.Health;
import io.rowback.daemon.http.Progress;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecorderTest {
    @Test
    void positionIsNotDurableBeforeItsWriteReturns() throws Exception {
        SlowHistory history = new SlowHistory();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(5));
            history.appending.await();
            assertThat(recorder.durable()).isEqualTo(Lsn.ZERO);

            history.mayReturn.countDown();
            recorder.awaitDurable(new Lsn(5));
            assertThat(recorder.durable()).isEqualTo(new Lsn(5));
        }
    }

    @Test
    void whatGathersDuringAWriteIsOneBatch() throws Exception {
        SlowHistory history = new SlowHistory();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(1));
            history.appending.await();
            recorder.reach(new Lsn(2));
            recorder.reach(new Lsn(3));
            history.mayReturn.countDown();
            recorder.drain();
        }
        assertThat(history.batches).extracting(HistoryWriter.Batch::durable).containsExactly(new Lsn(1), new Lsn(3));
    }

    @Test
    void writeThatDoesNotReturnIsASlowStepUntilItDoes() throws Exception {
        SlowHistory history = new SlowHistory();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(1));
            history.appending.await();
            history.wait(10);
            Optional<String> slowest = history.slowest();
            history.mayReturn.countDown();
            assertThat(slowest).contains("storing a batch for 10 s");

            recorder.drain();
            history.wait(10);
            assertThat(history.slowest()).as("nothing to store").isEmpty();
        }
    }

    @Test
    void nothingIsStoredWhileThereIsNoRoomAndThatIsNoSlowStep() throws Exception {
        SlowHistory history = new SlowHistory();
        history.hasRoom = false;
        history.mayReturn.countDown();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(1));
            history.asked.await();
            history.wait(10);
            assertThat(history.slowest()).isEmpty();
            assertThat(history.batches).isEmpty();

            history.hasRoom = true;
            recorder.awaitDurable(new Lsn(1));
            assertThat(history.batches).hasSize(1);
        }
    }

    @Test
    void whoWaitsUntilTheRecorderTakesMoreIsAtNoStep() throws Exception {
        SlowHistory history = new SlowHistory();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(1));
            history.appending.await();
            recorder.add(List.of(), Long.MAX_VALUE, null, new Lsn(2));
            history.progress.step("taking in");
            Thread adding = Thread.currentThread();
            new Thread(() -> history.returnOnceItWaits(adding)).start();
            recorder.reach(new Lsn(3));
            history.wait(10);
            assertThat(history.slowest()).isEmpty();
        }
    }

    @Test
    void whoIsInAHurryLeavesWhatThereIsNoRoomFor() throws Exception {
        SlowHistory history = new SlowHistory();
        history.hasRoom = false;
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(1));
            recorder.hurry();
            recorder.drain();
            assertThatThrownBy(() -> recorder.awaitDurable(new Lsn(1))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> recorder.reach(new Lsn(2))).isInstanceOf(IllegalStateException.class);
            assertThat(recorder.durable()).isEqualTo(Lsn.ZERO);
        }
        assertThat(history.batches).isEmpty();
    }

    @Test
    void closeStoresWhatWasAdded() throws Exception {
        SlowHistory history = new SlowHistory();
        history.mayReturn.countDown();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(7));
        }
        assertThat(history.batches).extracting(HistoryWriter.Batch::durable).containsExactly(new Lsn(7));
    }

    @Test
    void failedWriteReachesWhoeverWaitsOrAdds() throws Exception {
        SlowHistory history = new SlowHistory();
        history.failure = new IllegalStateException("disk full");
        history.mayReturn.countDown();
        try (Recorder recorder = history.recorder()) {
            recorder.reach(new Lsn(7));

            assertThatThrownBy(() -> recorder.awaitDurable(new Lsn(7))).hasRootCauseMessage("disk full");
            assertThatThrownBy(() -> recorder.reach(new Lsn(8))).hasRootCauseMessage("disk full");
            assertThat(recorder.durable()).isEqualTo(Lsn.ZERO);
        }
    }

    /** An in-memory history whose writes return when they are told to. */
    private static final class SlowHistory {
        private final CountDownLatch appending = new CountDownLatch(1);
        private final CountDownLatch mayReturn = new CountDownLatch(1);
        private final List<HistoryWriter.Batch> batches = new ArrayList<>();
        private final MemoryHistory memory = new MemoryHistory();
        private final CountDownLatch asked = new CountDownLatch(1);
        private final AtomicLong nanoTime = new AtomicLong();
        private final Progress progress = new Health(nanoTime::get).progress("test");
        private volatile boolean hasRoom = true;
        private volatile @Nullable RuntimeException failure;

        Recorder recorder() {
            HistoryWriter slow = (HistoryWriter) Proxy.newProxyInstance(
                    SlowHistory.class.getClassLoader(),
                    new Class<?>[] {HistoryWriter.class},
                    (proxy, method, arguments) -> {
                        if (method.getName().equals("append")) {
                            append((HistoryWriter.Batch) arguments[0]);
                        }
                        return method.invoke(memory, arguments);
                    });
            return new Recorder("test", slow, progress, this::hasRoom, (batch, time) -> {});
        }

        private void wait(int seconds) {
            nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
        }

        private void returnOnceItWaits(Thread thread) {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            mayReturn.countDown();
        }

        private Optional<String> slowest() {
            return progress.slowest();
        }

        private boolean hasRoom() {
            asked.countDown();
            return hasRoom;
        }

        private void append(HistoryWriter.Batch batch) throws InterruptedException {
            appending.countDown();
            mayReturn.await();
            RuntimeException thrown = failure;
            if (thrown != null) {
                throw thrown;
            }
            batches.add(batch);
        }
    }
}
