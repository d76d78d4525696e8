package io.rowback.restore.daemon;

import org.jspecify.annotations.Nullable;

/** What came of asking the daemon for one database. */
public sealed interface DaemonAnswer {
    /** Where it was asked, {@code host:port}. */
    String address();

    /** It did not answer, or nothing that tells of the database; the reason is for people. */
    record Silence(String address, String reason) implements DaemonAnswer {}

    /**
     * It told how the database fares. Times and positions are texts as the daemon writes them.
     *
     * @param state starting, capturing, failing or ended
     * @param since when that began
     * @param durable everything below this position of the log is held
     * @param lagBytes log that the server has written and that is not held; null while that is not known
     * @param rpoSeconds age of the oldest commit that is not held, 0 if all are; null while that is not known
     * @param lastFailure why capture failed last; null if it never has
     */
    record Report(
            String address,
            String state,
            String since,
            String durable,
            @Nullable Long lagBytes,
            @Nullable Double rpoSeconds,
            @Nullable Failure lastFailure)
            implements DaemonAnswer {}

    /** A failure of capture, with a hint where there is one. */
    record Failure(String time, String message, @Nullable String hint) {}
}
