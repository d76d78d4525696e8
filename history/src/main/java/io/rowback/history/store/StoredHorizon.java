package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Horizon;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Where the history begins since something was dropped, and what is still to be taken away below. Never changes. */
final class StoredHorizon {
    static final byte[] KEY = Keys.meta("horizon");
    /** Nothing was dropped. */
    static final StoredHorizon NONE = new StoredHorizon(null, List.of(), Map.of());

    /** Commit times are whole ones of these. */
    private static final Duration MICROSECOND = Duration.ofNanos(1_000);

    private final @Nullable Horizon horizon;
    private final List<TableId> unswept;
    private final Map<TableId, Lsn> floors;

    private record Content(Lsn at, Instant since, List<TableId> unswept, List<Floor> floors) {
        record Floor(TableId table, Lsn from) {}
    }

    /**
     * A horizon.
     *
     * @param unswept tables with rows of baselines below it that nobody needs, and that no index names
     * @param floors where the baselines were taken, or truncated, with which tables begin at the horizon
     */
    StoredHorizon(@Nullable Horizon horizon, List<TableId> unswept, Map<TableId, Lsn> floors) {
        this.horizon = horizon;
        this.unswept = List.copyOf(unswept);
        this.floors = Map.copyOf(floors);
    }

    static StoredHorizon read(ByteReader in) {
        Content content = Json.read(in, new TypeReference<Content>() {});
        Map<TableId, Lsn> floors = new TreeMap<>();
        content.floors().forEach(floor -> floors.put(floor.table(), floor.from()));
        return new StoredHorizon(new Horizon(content.at(), content.since()), content.unswept(), floors);
    }

    void put(Write write) {
        if (horizon != null) {
            List<Content.Floor> content = new TreeMap<>(floors)
                    .entrySet().stream()
                            .map(floor -> new Content.Floor(floor.getKey(), floor.getValue()))
                            .toList();
            write.seal(Family.META, KEY, Json.write(new Content(horizon.at(), horizon.since(), unswept, content)));
        }
    }

    @Nullable
    Horizon horizon() {
        return horizon;
    }

    /** The first position that is held. */
    Lsn begin() {
        return horizon == null ? Lsn.ZERO : horizon.at();
    }

    /** The latest second that the time of a dropped commit had reached. */
    long second() {
        return horizon == null
                ? StoredTransactions.BEFORE_ALL_TIMES
                : horizon.since().minus(MICROSECOND).getEpochSecond();
    }

    /** The earliest time of which it is certain that every commit below has an earlier one. */
    static Instant behind(Instant newestBelow) {
        return newestBelow.plus(MICROSECOND);
    }

    List<TableId> unswept() {
        return unswept;
    }

    /** The oldest rows of the baseline that count for a coverage. */
    Lsn floor(TableId table, Lsn coverage) {
        return coverage.equals(begin()) ? floors.getOrDefault(table, coverage) : coverage;
    }

    /** This horizon with everything below taken away. */
    StoredHorizon swept() {
        return new StoredHorizon(horizon, List.of(), floors);
    }

    /** This horizon where what is at or above {@code fork} never happened. */
    StoredHorizon voidedFrom(Lsn fork) {
        return horizon == null || !fork.isBefore(horizon.at())
                ? this
                : new StoredHorizon(new Horizon(fork, horizon.since()), unswept, Map.of());
    }
}
