package io.rowback.history;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the store knows of itself.
 *
 * @param systemIdentifier of the Postgres cluster, {@code pg_control_system()}
 * @param database the database's name
 * @param durable everything below this LSN is held by a synced write; {@link Lsn#ZERO} before the first
 * @param lastCommit the newest commit held, or null before the first
 * @param lastCommitTime its time, or null
 * @param completeUntil every commit with an earlier time lies below the durable position, as far as the writer has said;
 *     {@link Instant#MIN} before it has
 * @param gaps stretches that were lost, oldest first
 * @param timelines those of the server as last told, oldest first; empty before that
 * @param voided what never happened where the server went on, oldest first
 * @param notCovered the tables of the database that the writer could not cover when it looked last
 * @param retention how much of the past is kept
 * @param horizon where the history begins since retention dropped what lies below, or null if it dropped nothing
 */
public record StoreInfo(
        String systemIdentifier,
        String database,
        Lsn durable,
        @Nullable Lsn lastCommit,
        @Nullable Instant lastCommitTime,
        Instant completeUntil,
        List<Gap> gaps,
        List<Timeline> timelines,
        List<Voided> voided,
        List<NotCovered> notCovered,
        Retention retention,
        @Nullable Horizon horizon) {
    public StoreInfo {
        notCovered = List.copyOf(notCovered);
        gaps = List.copyOf(gaps);
        timelines = List.copyOf(timelines);
        voided = List.copyOf(voided);
    }

    /**
     * Where the history ends, for a time that no commit of it has reached.
     *
     * @throws RowbackException of code NOT_COVERED if commits before {@code time} may not have arrived yet
     */
    public Lsn endAt(Instant time) {
        if (time.isAfter(completeUntil)) {
            String until = completeUntil.equals(Instant.MIN) ? "its last commit" : completeUntil.toString();
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "the history is complete up to " + until + ", " + time + " is later",
                    "Wait until rowbackd gets there, or use now for all that the history holds.");
        }
        return durable;
    }
}
