package io.rowback.daemon.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Whether every database is being captured, and if not, why. Thread-safe. */
public final class Health {
    private static final String CAPTURING = "capturing";

    private final Map<String, String> troubles = new TreeMap<>();

    /** A database is not being captured for this reason. */
    public synchronized void trouble(String database, String reason) {
        troubles.put(database, reason);
    }

    /** A database is being captured. */
    public synchronized void capturing(String database) {
        troubles.remove(database);
    }

    /** Why a database is not being captured, or that it is. */
    public synchronized String of(String database) {
        return troubles.getOrDefault(database, CAPTURING);
    }

    synchronized boolean isGood() {
        return troubles.isEmpty();
    }

    /** One line per database in trouble, or a single word. */
    synchronized String report() {
        return troubles.isEmpty()
                ? CAPTURING + "\n"
                : troubles.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + entry.getValue() + "\n")
                        .collect(Collectors.joining());
    }
}
