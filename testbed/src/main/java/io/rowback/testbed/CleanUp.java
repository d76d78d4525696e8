package io.rowback.testbed;

import java.util.concurrent.atomic.AtomicBoolean;

/** Something to be undone once: when this is closed, or at the JVM's end if that comes first. Thread-safe. */
public final class CleanUp implements AutoCloseable {
    private final Runnable undo;
    private final AtomicBoolean done = new AtomicBoolean();
    private final Thread hook;

    /** Will run {@code undo}; {@code name} is that of the thread which does so at the JVM's end. */
    public CleanUp(String name, Runnable undo) {
        this.undo = undo;
        this.hook = new Thread(this::undo, name);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void undo() {
        if (done.compareAndSet(false, true)) {
            undo.run();
        }
    }

    @Override
    public void close() {
        undo();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is exiting and keeps its hooks; this one has nothing left to do.
            return;
        }
    }
}
