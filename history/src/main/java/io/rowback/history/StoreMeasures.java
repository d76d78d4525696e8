package io.rowback.history;

import java.time.Duration;
import java.util.Map;

/**
 * What a store takes and does, as its writer sees it. What is counted is counted since the writer opened it.
 *
 * @param bytes the space on disk by part: each part of the format by its name, and {@code wal}, the newest writes as
 *     they came
 * @param compactionPendingBytes what is still to be merged, estimated; above some size writes have to wait
 * @param compactionsRunning merges that run now
 * @param compactedBytes what merges have written
 * @param syncs how often the disk was asked to hold what was written
 * @param syncing how long that took altogether
 * @param stalled how long writes had to wait for merges altogether
 */
public record StoreMeasures(
        Map<String, Long> bytes,
        long compactionPendingBytes,
        long compactionsRunning,
        long compactedBytes,
        long syncs,
        Duration syncing,
        Duration stalled) {
    public StoreMeasures {
        bytes = Map.copyOf(bytes);
    }
}
