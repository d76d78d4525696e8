package io.rowback.daemon.capture;

import io.rowback.daemon.http.Progress;
import io.rowback.history.Change;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the stream durable. The capture thread adds, a thread of its own appends: whatever has gathered while the last
 * batch was being synced, or within some milliseconds, becomes one synced batch. So the disk is synced a hundred times a
 * second at most, and what waits in memory is bounded: {@link #add} blocks while too much does. Nothing is appended
 * while the disk has no room for it.
 */
public final class Recorder implements AutoCloseable {
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int CHANGES_MAX = 1_000;
    private static final long BYTES_MAX = 8L << 20;
    private static final int TRANSACTIONS_MAX = 1_000;
    private static final long ROOM_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final HistoryWriter writer;
    private final Progress progress;
    private final BooleanSupplier room;
    private final BiConsumer<HistoryWriter.Batch, Duration> stored;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition added = lock.newCondition();
    private final Condition taken = lock.newCondition();
    private final Condition synced = lock.newCondition();

    private List<Change> changes = new ArrayList<>();
    private List<Transaction> transactions = new ArrayList<>();
    private long bytes;
    private @Nullable Lsn reached;
    private boolean appending;
    private boolean closed;
    private boolean hurried;
    /** Whether it has ended with something left that there was no room for. */
    private boolean left;

    private @Nullable Throwable failure;
    private volatile Lsn durable;

    /**
     * A recorder of that name, which starts at once.
     *
     * @param progress told when a batch begins to be stored, and when the stream is blocked
     * @param room asked each second, on the recorder's thread, whether there is room for what waits
     * @param stored told of every batch once it is durable and how long that took, on the recorder's thread
     */
    public Recorder(
            String name,
            HistoryWriter writer,
            Progress progress,
            BooleanSupplier room,
            BiConsumer<HistoryWriter.Batch, Duration> stored) {
        this.progress = progress;
        this.writer = writer;
        this.room = room;
        this.stored = stored;
        this.durable = writer.info().durable();
        this.thread = new Thread(this::run, "record-" + name);
        thread.start();
    }

    /** Everything below is held by a synced write. */
    public Lsn durable() {
        return durable;
    }

    /** Adds changes of a transaction that goes on. Waits while too much is waiting. */
    void add(List<Change> part, long partBytes) throws InterruptedException {
        add(part, partBytes, null, null);
    }

    /** Adds a position between two transactions: everything below is complete. */
    void reach(Lsn position) throws InterruptedException {
        add(List.of(), 0, null, position);
    }

    /**
     * Adds the rest of a transaction.
     *
     * @param transaction null if it changed nothing that is captured
     * @param end everything below is complete with this; null if the transaction goes on
     */
    void add(List<Change> rest, long restBytes, @Nullable Transaction transaction, @Nullable Lsn end)
            throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (isFull() && failure == null && !left) {
                // Whoever adds goes on as soon as the recorder does, which tells for both.
                progress.rest();
                taken.await();
            }
            requireAlive();
            changes.addAll(rest);
            bytes += restBytes;
            if (transaction != null) {
                transactions.add(transaction);
            }
            if (end != null) {
                reached = end;
            }
            added.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything below {@code end} is durable. */
    public void awaitDurable(Lsn end) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (durable.isBefore(end)) {
                requireAlive();
                synced.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** From now on waits for no room: what there is none for is left, and the server sends it again. */
    void hurry() {
        lock.lock();
        try {
            hurried = true;
            added.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing is left to store, or nothing that there is room for once it is to {@link #hurry}. */
    void drain() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!left && (appending || !isEmpty())) {
                requireAlive();
                synced.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Stores what has been added, as far as there is room, and ends. The writer stays open. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            hurried = true;
            added.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                // What was added is stored even if somebody is in a hurry.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (gather() && awaitRoom()) {
                HistoryWriter.Batch batch = take();
                long began = System.nanoTime();
                progress.step("storing a batch");
                writer.append(batch);
                progress.rest();
                Duration time = Duration.ofNanos(System.nanoTime() - began);
                finished(batch);
                stored.accept(batch, time);
            }
        } catch (Throwable e) {
            fail(e);
        }
    }

    /** Waits until there is something to store; false at the end. */
    private boolean gather() throws InterruptedException {
        lock.lock();
        try {
            while (isEmpty() && !closed) {
                added.await();
            }
            long wait = LINGER_NANOS;
            while (wait > 0 && !isFull() && !closed) {
                wait = added.awaitNanos(wait);
            }
            return !isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is room for what has gathered; false if there is to be no more waiting. */
    private boolean awaitRoom() throws InterruptedException {
        // Asked without the lock, since the answer may be told to those who ask this recorder.
        while (!room.getAsBoolean()) {
            lock.lock();
            try {
                if (hurried) {
                    left = true;
                    taken.signalAll();
                    synced.signalAll();
                    return false;
                }
                added.awaitNanos(ROOM_NANOS);
            } finally {
                lock.unlock();
            }
        }
        return true;
    }

    private HistoryWriter.Batch take() {
        lock.lock();
        try {
            HistoryWriter.Batch batch = new HistoryWriter.Batch(changes, transactions, reached);
            changes = new ArrayList<>();
            transactions = new ArrayList<>();
            bytes = 0;
            reached = null;
            appending = true;
            taken.signalAll();
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void finished(HistoryWriter.Batch batch) {
        lock.lock();
        try {
            if (batch.durable() != null) {
                durable = batch.durable();
            }
            appending = false;
            synced.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable cause) {
        lock.lock();
        try {
            failure = cause;
            taken.signalAll();
            synced.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isEmpty() {
        return changes.isEmpty() && reached == null;
    }

    private boolean isFull() {
        return changes.size() >= CHANGES_MAX || bytes >= BYTES_MAX || transactions.size() >= TRANSACTIONS_MAX;
    }

    private void requireAlive() {
        if (failure instanceof RowbackException explained) {
            throw new RowbackException(
                    explained.code(), String.valueOf(explained.getMessage()), explained.hint(), explained);
        }
        if (failure != null || closed || left) {
            throw new IllegalStateException("the history cannot be written", failure);
        }
    }
}
