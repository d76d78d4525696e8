package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Gap;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.Published;
import io.rowback.history.Retention;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Timeline;
import io.rowback.history.Transaction;
import io.rowback.history.Voided;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the store knows of itself and of its tables: the content of the meta family, held in memory. */
final class Metadata {
    private static final byte[] STORE_KEY = Keys.meta("store");
    private static final byte[] DURABLE_KEY = Keys.meta("durable");
    private static final byte[] COMPLETE_KEY = Keys.meta("complete");
    private static final byte[] LOGGED_KEY = Keys.meta("logged");
    private static final byte[] EPOCHS_KEY = Keys.meta("epochs");
    private static final byte[] GAPS_KEY = Keys.meta("gaps");
    private static final byte[] NOT_COVERED_KEY = Keys.meta("notcovered");
    private static final byte[] TIMELINES_KEY = Keys.meta("timelines");
    private static final byte[] PUBLISHED_KEY = Keys.meta("published");
    private static final byte[] VOIDED_KEY = Keys.meta("voided");
    private static final byte[] RETENTION_KEY = Keys.meta("retention");

    private final Map<TableId, TableInfo> tables = new HashMap<>();
    private @Nullable StoreName name;
    private Lsn durable = Lsn.ZERO;
    private Epochs epochs = Epochs.first();
    private long logged;
    private List<Gap> gaps = List.of();
    private List<Timeline> timelines = List.of();
    private List<Voided> voided = List.of();
    private Published published = Published.NEVER;
    private List<NotCovered> notCovered = List.of();
    private Instant completeUntil = Instant.MIN;
    private Retention retention = Retention.NONE;
    private StoredHorizon horizon = StoredHorizon.NONE;
    /** Asked for each batch of rows, which waits for no synced write of others. */
    private final Set<BegunBaseline> begun = ConcurrentHashMap.newKeySet();

    /** Which database the store belongs to. */
    record StoreName(String systemIdentifier, String database) {}

    private record StoredRetention(long ageSeconds, long bytes) {}

    /** Reads it; a store that was not yet given its name has none. */
    static Metadata load(Database database, Schemas schemas) {
        Metadata meta = new Metadata();
        meta.name = read(database, STORE_KEY, in -> Json.read(in, new TypeReference<StoreName>() {}));
        if (meta.name == null) {
            if (database.hasFiles()) {
                // A damaged file may look as if it held nothing; to begin anew would bury what the others hold.
                throw SealedValue.corrupt(Family.META, STORE_KEY, "it is missing", null);
            }
            return meta;
        }
        meta.durable = new Lsn(required(database, DURABLE_KEY, ByteReader::u64));
        meta.logged = required(database, LOGGED_KEY, ByteReader::u64);
        Instant complete = read(database, COMPLETE_KEY, in -> Json.read(in, new TypeReference<Instant>() {}));
        meta.completeUntil = complete == null ? Instant.MIN : complete;
        meta.epochs = new Epochs(
                required(database, EPOCHS_KEY, in -> Json.read(in, new TypeReference<List<Epochs.Epoch>>() {})));
        meta.gaps = required(database, GAPS_KEY, in -> Json.read(in, new TypeReference<List<Gap>>() {}));
        meta.timelines = list(read(database, TIMELINES_KEY, in -> Json.read(in, new TypeReference<>() {})));
        Published told = read(database, PUBLISHED_KEY, in -> Json.read(in, new TypeReference<Published>() {}));
        meta.published = told == null ? Published.NEVER : told;
        meta.voided = list(read(database, VOIDED_KEY, in -> Json.read(in, new TypeReference<>() {})));
        List<NotCovered> said =
                read(database, NOT_COVERED_KEY, in -> Json.read(in, new TypeReference<List<NotCovered>>() {}));
        meta.notCovered = said == null ? List.of() : said;
        StoredRetention kept =
                read(database, RETENTION_KEY, in -> Json.read(in, new TypeReference<StoredRetention>() {}));
        meta.retention =
                kept == null ? Retention.NONE : new Retention(Duration.ofSeconds(kept.ageSeconds()), kept.bytes());
        StoredHorizon begin = read(database, StoredHorizon.KEY, StoredHorizon::read);
        meta.horizon = begin == null ? StoredHorizon.NONE : begin;
        try (Cursor cursor = database.cursor(Family.META, StoredTable.keys())) {
            while (cursor.next()) {
                TableInfo table = StoredTable.read(cursor.key(), cursor.value(), schemas);
                meta.tables.put(table.schema().id(), table.since(meta.horizon.horizon()));
            }
        }
        try (Cursor cursor = database.cursor(Family.META, Keys.begun())) {
            while (cursor.next()) {
                meta.begun.add(Keys.begun(cursor.key()));
            }
        }
        return meta;
    }

    private static <T> List<T> list(@Nullable List<T> stored) {
        return stored == null ? List.of() : stored;
    }

    private static <T> @Nullable T read(Database database, byte[] key, Function<ByteReader, T> decoder) {
        byte[] value = database.get(Family.META, key);
        return value == null ? null : SealedValue.read(Family.META, key, value, decoder);
    }

    private static <T> T required(Database database, byte[] key, Function<ByteReader, T> decoder) {
        T found = read(database, key, decoder);
        if (found == null) {
            throw SealedValue.corrupt(Family.META, key, "it is missing", null);
        }
        return found;
    }

    /** Whether the store was given its name. */
    boolean created() {
        return name != null;
    }

    void requireCreated() {
        if (name == null) {
            throw new IllegalStateException("the store was not created");
        }
    }

    StoreInfo info(@Nullable Transaction last) {
        return new StoreInfo(
                name == null ? "" : name.systemIdentifier(),
                name == null ? "" : name.database(),
                durable,
                last == null ? null : last.commit(),
                last == null ? null : last.time(),
                completeUntil,
                gaps,
                timelines,
                voided,
                notCovered,
                retention,
                horizon.horizon());
    }

    StoredHorizon horizon() {
        return horizon;
    }

    /** Where what is held begins. */
    Lsn begin() {
        return horizon.begin();
    }

    /** Whether a transaction with that commit is held, and whole. */
    boolean holds(Lsn commit) {
        return commit.isBefore(durable) && !commit.isBefore(begin());
    }

    /** Which entries of the baseline are the rows with which a coverage begins. */
    VisibleRows visibleRows(TableId table, Lsn from) {
        return new VisibleRows(horizon.floor(table, from), from);
    }

    Lsn durable() {
        return durable;
    }

    Epochs epochs() {
        return epochs;
    }

    List<Gap> gaps() {
        return gaps;
    }

    List<Timeline> timelines() {
        return timelines;
    }

    List<Voided> voided() {
        return voided;
    }

    @Nullable
    TableInfo table(TableId id) {
        return tables.get(id);
    }

    List<TableInfo> tables() {
        return tables.values().stream()
                .sorted(Comparator.comparing((TableInfo table) -> table.schema().name())
                        .thenComparing(table -> table.schema().id()))
                .toList();
    }

    void create(StoreName store, Lsn begin, Write write) {
        name = store;
        durable = begin;
        Format.put(write);
        write.seal(Family.META, STORE_KEY, Json.write(store));
        write.seal(Family.META, EPOCHS_KEY, Json.write(epochs.all()));
        write.seal(Family.META, GAPS_KEY, Json.write(gaps));
        putProgress(write);
    }

    void goOnWith(String systemIdentifier, List<Timeline> now, Write write) {
        name = new StoreName(systemIdentifier, Objects.requireNonNull(name).database());
        write.seal(Family.META, STORE_KEY, Json.write(name));
        follow(now, write);
    }

    /** Lets a new epoch begin at that commit. */
    void beginEpoch(Lsn commit, Write write) {
        epochs.begin(commit);
        logged = 0;
        write.seal(Family.META, EPOCHS_KEY, Json.write(epochs.all()));
    }

    /** The bytes logged since the newest epoch began. */
    long logged() {
        return logged;
    }

    /** Counts what was logged; stored with the next {@link #advance}. */
    void logged(long bytes) {
        logged += bytes;
    }

    void advance(Lsn to, Write write) {
        durable = durable.isBefore(to) ? to : durable;
        putProgress(write);
    }

    private void putProgress(Write write) {
        write.seal(
                Family.META, DURABLE_KEY, new ByteWriter().u64(durable.value()).toBytes());
        write.seal(Family.META, LOGGED_KEY, new ByteWriter().u64(logged).toBytes());
    }

    Instant completeUntil() {
        return completeUntil;
    }

    void completeUntil(Instant time, Write write) {
        completeUntil = time.isAfter(completeUntil) ? time : completeUntil;
        write.seal(Family.META, COMPLETE_KEY, Json.write(completeUntil));
    }

    void notCovered(List<NotCovered> tables, Write write) {
        notCovered = List.copyOf(tables);
        write.seal(Family.META, NOT_COVERED_KEY, Json.write(notCovered));
    }

    void addGap(Gap gap, Write write) {
        gaps = gap.addedTo(gaps);
        write.seal(Family.META, GAPS_KEY, Json.write(gaps));
    }

    Published published() {
        return published;
    }

    void published(Published now, Write write) {
        published = now;
        write.seal(Family.META, PUBLISHED_KEY, Json.write(published));
    }

    void follow(List<Timeline> now, Write write) {
        timelines = List.copyOf(now);
        write.seal(Family.META, TIMELINES_KEY, Json.write(timelines));
    }

    /**
     * Moves the durable position back to {@code fork} if it lies above, and forgets what is known from above the fork.
     *
     * @param lastTime the time of the last commit below
     * @param baselineRows how many rows the newest baseline of each table has that remains
     */
    void voidFrom(
            Lsn fork,
            Instant lastTime,
            Map<TableId, Long> baselineRows,
            List<Voided> all,
            Schemas schemas,
            Write write) {
        if (fork.isBefore(durable)) {
            durable = fork;
            putProgress(write);
            completeUntil = lastTime.isBefore(completeUntil) ? lastTime : completeUntil;
            write.seal(Family.META, COMPLETE_KEY, Json.write(completeUntil));
        }
        horizon = horizon.voidedFrom(fork);
        horizon.put(write);
        gaps = gaps.stream()
                .filter(gap -> gap.from().isBefore(fork))
                .map(gap -> gap.endedBy(fork))
                .toList();
        write.seal(Family.META, GAPS_KEY, Json.write(gaps));
        published(published.voidedFrom(fork), write);
        voided = List.copyOf(all);
        write.seal(Family.META, VOIDED_KEY, Json.write(voided));
        for (TableInfo table : tables()) {
            TableId id = table.schema().id();
            table.voidedFrom(fork, baselineRows.getOrDefault(id, 0L))
                    .ifPresentOrElse(
                            kept -> putTable(kept.since(horizon.horizon()), schemas, write),
                            () -> removeTable(id, write));
        }
    }

    private void removeTable(TableId id, Write write) {
        tables.remove(id);
        StoredTable.remove(id, write);
    }

    /** The baselines that are not complete. From any thread. */
    Set<BegunBaseline> begun() {
        return Collections.unmodifiableSet(begun);
    }

    void begin(BegunBaseline baseline, Write write) {
        begun.add(baseline);
        write.entry(Family.META, Keys.begun(baseline));
    }

    /** Says that a baseline is complete, or that nothing is left of it. */
    void end(BegunBaseline baseline, Write write) {
        if (begun.remove(baseline)) {
            write.delete(Family.META, Keys.begun(baseline));
        }
    }

    Retention retention() {
        return retention;
    }

    void keep(Retention now, Write write) {
        retention = now;
        write.seal(
                Family.META,
                RETENTION_KEY,
                Json.write(new StoredRetention(now.age().toSeconds(), now.bytes())));
    }

    /**
     * Lets the history begin at a horizon: from now on nobody sees what lies below.
     *
     * @param now the tables as they are then
     */
    void forget(StoredHorizon begin, List<TableInfo> now, Schemas schemas, Write write) {
        horizon = begin;
        horizon.put(write);
        now.forEach(table -> putTable(table, schemas, write));
        gaps = gaps.stream().filter(gap -> begin().isBefore(gap.to())).toList();
        write.seal(Family.META, GAPS_KEY, Json.write(gaps));
    }

    /** Says that everything below the horizon was taken away, and that nothing is left of those tables. */
    void swept(List<Epochs.Epoch> dropped, List<Voided> copies, List<TableId> gone, Write write) {
        horizon = horizon.swept();
        horizon.put(write);
        epochs.drop(dropped);
        write.seal(Family.META, EPOCHS_KEY, Json.write(epochs.all()));
        voided = List.copyOf(copies);
        write.seal(Family.META, VOIDED_KEY, Json.write(voided));
        gone.forEach(table -> removeTable(table, write));
    }

    void putTable(TableInfo table, Schemas schemas, Write write) {
        if (!table.equals(tables.put(table.schema().id(), table))) {
            StoredTable.put(table, schemas, write);
        }
    }
}
