package io.rowback.history;

/**
 * A stretch of the log that was lost: commits in [from, to) may be missing from the history.
 *
 * @param from the first LSN that may be missing
 * @param to the first LSN from which nothing is missing
 * @param reason what happened, for people
 */
public record Gap(Lsn from, Lsn to, String reason) {}
