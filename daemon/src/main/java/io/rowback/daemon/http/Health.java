package io.rowback.daemon.http;

import io.rowback.history.RowbackException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How each database fares. Two questions are asked of it: whether the process is alive, and whether every database is
 * being captured. A process is not restarted for a database that is not: capture tries again by itself what time can
 * heal, and what it cannot heal a restart does not either, but would interrupt the other databases. It is for a step that
 * hangs, and for what nobody has foreseen. Thread-safe.
 */
public final class Health {
    /** What capture of a database does. */
    enum State {
        /** It looks at the server, the slot, and tables that were there before. */
        STARTING,
        /** Everything is being captured. */
        CAPTURING,
        /** It failed and will be tried again. */
        FAILING,
        /** It has ended by itself and needs somebody to mend it and to start the daemon again. */
        ENDED
    }

    /**
     * How one database fares.
     *
     * @param since when that began
     * @param failure why capture failed last, if it has
     * @param failed when it did
     */
    record Condition(
            State state,
            Instant since,
            @Nullable RowbackException failure,
            @Nullable Instant failed) {
        String word() {
            return state.name().toLowerCase(Locale.ROOT);
        }
    }

    private final LongSupplier nanoTime;
    private final Map<String, Condition> databases = new TreeMap<>();
    private final Map<String, Progress> progress = new TreeMap<>();
    private boolean broken;

    /** By the machine's clock. */
    public Health() {
        this(System::nanoTime);
    }

    /** With a clock of its own. */
    public Health(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A database is to be captured. */
    public void starting(String database) {
        put(database, State.STARTING, null);
    }

    /** A database is being captured. */
    public void capturing(String database) {
        put(database, State.CAPTURING, null);
    }

    /** Capture of a database failed and will be tried again. */
    public void failing(String database, RowbackException failure) {
        put(database, State.FAILING, failure);
    }

    /** Capture of a database has ended by itself. */
    public void ended(String database, RowbackException failure) {
        put(database, State.ENDED, failure);
    }

    private synchronized void put(String database, State state, @Nullable RowbackException failure) {
        Condition before = databases.get(database);
        Instant now = Instant.now();
        Condition after = failure != null || before == null
                ? new Condition(state, now, failure, failure == null ? null : now)
                : new Condition(state, now, before.failure(), before.failed());
        databases.put(database, after);
    }

    /** Whether the threads that capture a database go on: they say so, and it is asked of them. */
    public synchronized Progress progress(String database) {
        return progress.computeIfAbsent(database, any -> new Progress(nanoTime));
    }

    /** Something went wrong that nobody has foreseen: a new process may do better. */
    public synchronized void broken() {
        broken = true;
    }

    /** What is done for a database, or why it is not. */
    public synchronized String of(String database) {
        Condition condition = databases.get(database);
        RowbackException failure = condition == null ? null : condition.failure();
        if (condition == null || condition.state() == State.CAPTURING || failure == null) {
            return condition == null ? "not captured" : condition.word();
        }
        return String.valueOf(failure.getMessage());
    }

    /** Whether no new process would do better. */
    synchronized boolean isAlive() {
        return !broken && progress.values().stream().noneMatch(Progress::hangs);
    }

    /** Whether all goes on at this moment: where it does not for long, the process is not alive. */
    public synchronized boolean goesOn() {
        return !broken
                && progress.values().stream().allMatch(each -> each.slowest().isEmpty());
    }

    synchronized boolean isReady() {
        return databases.values().stream().allMatch(condition -> condition.state() == State.CAPTURING);
    }

    /** How the databases fare, by name. */
    synchronized Map<String, Condition> conditions() {
        return new TreeMap<>(databases);
    }
}
