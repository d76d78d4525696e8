package io.rowback.restore.plan;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is made of each of many inputs, in their order: by another thread ahead of who asks for it, who lends a hand rather
 * than wait. Of a single one no thread is begun. What is thrown while one is made is thrown to who asks for it. For one
 * thread, which closes it: the other is not at work any more then.
 *
 * @param <I> what something is made of
 * @param <O> what is made
 */
public final class Ahead<I, O> implements Iterator<O>, AutoCloseable {
    /** So many are made or wait, one for each of the two threads and one that the other finds when it is done: each takes memory. */
    private static final int MOST = 3;

    private final Iterator<? extends I> inputs;
    private final Function<? super I, ? extends O> making;
    private final Queue<FutureTask<O>> begun = new ArrayDeque<>();
    private @Nullable ExecutorService thread;

    /** Makes of each input something that depends on nothing else; on any thread, two at once. */
    public Ahead(Iterator<? extends I> inputs, Function<? super I, ? extends O> making) {
        this.inputs = inputs;
        this.making = making;
    }

    @Override
    public boolean hasNext() {
        return !begun.isEmpty() || inputs.hasNext();
    }

    /**
     * The next that is made.
     *
     * @throws RowbackException of code INTERRUPTED if this thread is interrupted while it waits
     */
    @Override
    public O next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (begun.isEmpty()) {
            I first = inputs.next();
            begin();
            return making.apply(first);
        }
        begin();
        FutureTask<O> next = begun.remove();
        next.run();
        for (FutureTask<O> later : begun) {
            if (next.isDone()) {
                break;
            }
            later.run();
        }
        return made(next);
    }

    private void begin() {
        while (begun.size() < MOST && inputs.hasNext()) {
            I input = inputs.next();
            FutureTask<O> task = new FutureTask<>(() -> making.apply(input));
            begun.add(task);
            thread().execute(task);
        }
    }

    private ExecutorService thread() {
        if (thread == null) {
            thread = Executors.newSingleThreadExecutor(work -> {
                Thread daemon = new Thread(work, "ahead");
                daemon.setDaemon(true);
                return daemon;
            });
        }
        return thread;
    }

    private static <O> O made(FutureTask<O> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RowbackException(ErrorCode.INTERRUPTED, "interrupted", null, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    /** Waits for what is being made, however often this thread is interrupted: what it reads from may be closed next. */
    @Override
    public void close() {
        if (thread == null) {
            return;
        }
        begun.forEach(task -> task.cancel(false));
        thread.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = thread.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
