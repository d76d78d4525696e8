package io.rowback.daemon.http;

import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether the threads that capture a database go on. Each says when a step begins that takes no longer than the machine
 * needs for it, and when it comes to wait for what may never come: a server, room on the disk. Thread-safe.
 */
public final class Progress {
    /** What takes longer is told. */
    static final Duration SLOW = Duration.ofSeconds(5);
    /** What takes longer hangs: as long as a service manager waits for a word (WatchdogSec). */
    static final Duration HANGING = Duration.ofMinutes(3);

    private final LongSupplier nanoTime;
    private final Map<Thread, Step> steps = new ConcurrentHashMap<>();

    private record Step(String what, long began) {}

    Progress(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The calling thread begins a step, and has ended the one before. */
    public void step(String what) {
        steps.put(Thread.currentThread(), new Step(what, nanoTime.getAsLong()));
    }

    /** The calling thread is at no step. */
    public void rest() {
        steps.remove(Thread.currentThread());
    }

    /** None of these threads will go on any more, nor is to. */
    public void end() {
        steps.clear();
    }

    /** The step that takes longest, if longer than usual, and how long it has been going on. */
    public Optional<String> slowest() {
        long now = nanoTime.getAsLong();
        return steps.values().stream()
                .filter(step -> now - step.began() > SLOW.toNanos())
                .max(Comparator.comparingLong(step -> now - step.began()))
                .map(step -> step.what() + " for " + TimeUnit.NANOSECONDS.toSeconds(now - step.began()) + " s");
    }

    /** Whether a step takes so long that it will never end. */
    boolean hangs() {
        long now = nanoTime.getAsLong();
        return steps.values().stream().anyMatch(step -> now - step.began() > HANGING.toNanos());
    }
}
