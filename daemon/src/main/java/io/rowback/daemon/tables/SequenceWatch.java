package io.rowback.daemon.tables;

import io.rowback.history.HistoryWriter;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.postgres.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples the sequences every minute, and at the next look after a transaction that changed many rows. What tells
 * something new is stored. Confined to one thread, but for {@link #stored}.
 */
public final class SequenceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SequenceWatch.class);
    private static final long INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();
    /** A transaction with so many changes may be an incident. */
    private static final long MANY_CHANGES = 1_000;

    private final Config.Database database;
    private final HistoryWriter writer;
    private List<Sequences.Unreadable> reported = List.of();
    private @Nullable Map<TableId, SequenceSample> newest;
    private long nextNanos = System.nanoTime();
    private volatile boolean due;

    public SequenceWatch(Config.Database database, HistoryWriter writer) {
        this.database = database;
        this.writer = writer;
    }

    /** Told of every batch that is durable, by any thread. */
    public void stored(HistoryWriter.Batch batch) {
        if (batch.transactions().stream().anyMatch(transaction -> transaction.changes() >= MANY_CHANGES)) {
            due = true;
        }
    }

    /** Samples if it is time. A failure that concerns sequences alone does not end the capture. */
    public void look(Connection connection) throws SQLException {
        if (!due && System.nanoTime() - nextNanos < 0) {
            return;
        }
        // Before they are read: a transaction that is stored meanwhile may have drawn numbers behind what was read.
        due = false;
        try {
            Sequences now = Sequences.read(connection, database);
            report(now.unreadable());
            store(now);
            nextNanos = System.nanoTime() + INTERVAL_NANOS;
        } catch (SQLException e) {
            if (TableWatch.isConnectionLost(e)) {
                throw e;
            }
            // A lock, most likely; the next look tries again.
            due = true;
            LOG.debug("the sequences cannot be read now", e);
        }
    }

    private void store(Sequences now) {
        Map<TableId, SequenceSample> known = newest == null ? new HashMap<>(byId(writer.newestSamples())) : newest;
        List<SequenceSample> news = new ArrayList<>();
        for (SequenceSample sample : now.samples()) {
            SequenceSample before = known.get(sample.sequence());
            if (before == null || !sample.tellsTheSameAs(before)) {
                news.add(sample);
            }
        }
        Set<TableId> there = byId(now.samples()).keySet();
        for (SequenceSample before : known.values()) {
            if (!before.dropped() && !there.contains(before.sequence()) && !now.isUnreadable(before.sequence())) {
                news.add(before.droppedBy(now.at(), now.time()));
            }
        }
        if (!news.isEmpty()) {
            writer.sampled(news);
        }
        known.putAll(byId(news));
        newest = known;
    }

    private static Map<TableId, SequenceSample> byId(List<SequenceSample> samples) {
        return samples.stream().collect(Collectors.toMap(SequenceSample::sequence, sample -> sample));
    }

    private void report(List<Sequences.Unreadable> unreadable) {
        Set<Sequences.Unreadable> news = new HashSet<>(unreadable);
        reported.forEach(news::remove);
        for (Sequences.Unreadable sequence : news) {
            LOG.warn(
                    "sequence {} is not sampled: our role may not read it; to mend it: {}",
                    sequence.name(),
                    sequence.mend());
        }
        reported = unreadable;
    }
}
