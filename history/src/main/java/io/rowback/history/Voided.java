package io.rowback.history;

/**
 * Transactions that the history held and that never happened where the server went on: a standby was promoted that had
 * not received them, or the server was restored to an earlier time. They are no longer part of the history.
 *
 * @param timeline the timeline on which they happened
 * @param from the first LSN that was voided
 * @param to the durable position at that time
 * @param transactions how many
 * @param folder the folder within the store's that holds the store as it was before, which can be read like any
 */
public record Voided(long timeline, Lsn from, Lsn to, long transactions, String folder) {}
