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
 * @param gaps stretches that were lost, oldest first
 */
public record StoreInfo(
        String systemIdentifier,
        String database,
        Lsn durable,
        @Nullable Lsn lastCommit,
        @Nullable Instant lastCommitTime,
        List<Gap> gaps) {
    public StoreInfo {
        gaps = List.copyOf(gaps);
    }
}
