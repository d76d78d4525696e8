package io.rowback.history;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The history in maps, as plain as can be: the oracle for the store and a stand-in for it in the tests of planners.
 * Writing and reading see the same instance. A row set of a baseline counts once its table is covered from its LSN.
 */
public final class MemoryHistory implements HistoryReader, HistoryWriter {
    private final TreeMap<Position, Change> log = new TreeMap<>();
    private final TreeMap<Lsn, Transaction> transactions = new TreeMap<>();
    private final Map<TableId, TableInfo> tables = new HashMap<>();
    private final Map<TableId, Map<Lsn, Map<RowKey, List<RowImage>>>> baselines = new HashMap<>();
    private final Map<TableId, TreeMap<Instant, SequenceSample>> samples = new HashMap<>();
    /** Of each change in the log: of thousands of rows without a key each is asked for by its fingerprint. */
    private final Map<Position, List<RowKey>> touched = new ConcurrentHashMap<>();

    private List<Gap> gaps = List.of();
    private Published published = Published.NEVER;
    private List<TableForm> forms = List.of();
    private List<NotCovered> notCovered = List.of();
    private List<Timeline> timelines = List.of();
    private String systemIdentifier = "";
    private String database = "";
    private Instant completeUntil = Instant.MIN;
    private Lsn durable = Lsn.ZERO;
    private @Nullable Horizon horizon;

    @Override
    public void create(String systemIdentifier, String database, Lsn durable) {
        if (!this.systemIdentifier.isEmpty()) {
            throw new IllegalStateException("the store was created before");
        }
        this.systemIdentifier = systemIdentifier;
        this.database = database;
        this.durable = durable;
    }

    @Override
    public void append(Batch batch) {
        for (Change change : batch.changes()) {
            if (!change.position().commit().isBefore(durable)) {
                log.put(change.position(), change);
                touched.put(change.position(), touched(change));
                seen(change.schema(), change.position().commit());
            }
        }
        for (Transaction transaction : batch.transactions()) {
            if (!transaction.commit().isBefore(durable)) {
                transactions.put(transaction.commit(), transaction);
            }
        }
        Lsn to = batch.durable();
        if (to != null && durable.isBefore(to)) {
            durable = to;
        }
    }

    @Override
    public void begin(Collection<TableId> tables, Lsn at) {
        // Nothing is dropped here but what is asked for.
    }

    @Override
    public synchronized void baseline(Lsn at, List<RowImage> rows) {
        for (RowImage row : rows) {
            baselines
                    .computeIfAbsent(row.schema().id(), id -> new TreeMap<>())
                    .computeIfAbsent(at, lsn -> new TreeMap<>())
                    .merge(key(row), List.of(row), MemoryHistory::together);
        }
    }

    private static RowKey key(RowImage row) {
        RowKey key = row.key();
        if (key == null) {
            throw new IllegalArgumentException("a row of table " + row.schema().name() + " has no value in its key");
        }
        return key;
    }

    /** Without a key equal rows are counted; with one, the row is as it was stored last. */
    private static List<RowImage> together(List<RowImage> stored, List<RowImage> more) {
        return more.get(0).schema().hasKey()
                ? more
                : Stream.concat(stored.stream(), more.stream()).toList();
    }

    @Override
    public void covered(TableSchema schema, Lsn at, Instant since, long rows) {
        if (horizon != null && at.isBefore(horizon.at())) {
            return;
        }
        seen(schema, at);
        tables.computeIfPresent(schema.id(), (id, table) -> table.covered(at, since, rows, gaps));
    }

    @Override
    public synchronized void abandonBaselines() {
        List.copyOf(baselines.keySet()).forEach(table -> List.copyOf(
                        baselines.getOrDefault(table, new TreeMap<>()).keySet())
                .forEach(at -> abandonBaseline(table, at)));
    }

    @Override
    public synchronized void abandonBaseline(TableId id, Lsn at) {
        TableInfo table = tables.get(id);
        boolean counts = table != null
                && table.coverage().stream().anyMatch(stretch -> stretch.from().equals(at));
        if (!counts) {
            baselines.getOrDefault(id, new TreeMap<>()).remove(at);
        }
    }

    @Override
    public void altered(TableSchema schema, Lsn after, Lsn at) {
        tables.computeIfPresent(schema.id(), (id, table) -> table.altered(schema, after, at));
    }

    @Override
    public Lsn lastCommit(TableId table) {
        return log.descendingMap().values().stream()
                .filter(change -> change.table().equals(table))
                .map(change -> change.position().commit())
                .findFirst()
                .orElse(Lsn.ZERO);
    }

    @Override
    public void completeUntil(Instant time) {
        completeUntil = time.isAfter(completeUntil) ? time : completeUntil;
    }

    @Override
    public void notCovered(List<NotCovered> tables) {
        notCovered = List.copyOf(tables);
    }

    @Override
    public void described(TableSchema schema, Lsn from) {
        seen(schema, from);
    }

    @Override
    public void uncovered(TableId table, Lsn at) {
        tables.computeIfPresent(table, (id, info) -> info.uncovered(at));
    }

    @Override
    public void gap(Gap gap) {
        restart();
        gaps = gap.addedTo(gaps);
        tables.replaceAll((id, table) -> table.interruptedBy(gap));
        durable = durable.isBefore(gap.to()) ? gap.to() : durable;
    }

    @Override
    public void published(Published now) {
        published = now;
    }

    @Override
    public Published published() {
        return published;
    }

    @Override
    public void forms(List<TableForm> now) {
        forms = List.copyOf(now);
    }

    @Override
    public List<TableForm> forms() {
        return forms;
    }

    @Override
    public void goOnWith(String system, List<Timeline> now) {
        systemIdentifier = system;
        timelines = List.copyOf(now);
    }

    @Override
    public void follow(List<Timeline> now) {
        Lsn fork = Timeline.fork(timelines, now);
        timelines = List.copyOf(now);
        if (fork.equals(Lsn.MAX)) {
            return;
        }
        samples.values().forEach(ofOne -> ofOne.values().removeIf(sample -> fork.isBefore(sample.at())));
        samples.values().removeIf(Map::isEmpty);
        published = published.voidedFrom(fork);
        if (fork.isBefore(durable)) {
            durable = fork;
            Instant last = info().lastCommitTime();
            completeUntil = last == null ? Instant.MIN : last.isBefore(completeUntil) ? last : completeUntil;
        }
        restart();
        if (horizon != null && fork.isBefore(horizon.at())) {
            horizon = new Horizon(fork, horizon.since());
        }
        gaps = gaps.stream()
                .filter(gap -> gap.from().isBefore(fork))
                .map(gap -> gap.endedBy(fork))
                .toList();
        for (TableInfo table : tables()) {
            TableId id = table.schema().id();
            Optional<TableInfo> kept = table.voidedFrom(fork, 0);
            tables.remove(id);
            kept.map(info -> new TableInfo(info.schemas(), info.coverage(), count(id, info.coverage()), null))
                    .map(info -> info.since(horizon))
                    .ifPresent(info -> tables.put(id, info));
        }
        baselines.values().forEach(ofTable -> ofTable.keySet().removeIf(fork::isBefore));
    }

    private long count(TableId table, List<Coverage> coverage) {
        return coverage.isEmpty()
                ? 0
                : baselineFrom(table, coverage.get(coverage.size() - 1).from()).values().stream()
                        .mapToLong(List::size)
                        .sum();
    }

    /** Cuts anywhere. */
    @Override
    public boolean forget(Lsn upTo) {
        Lsn at = upTo.isBefore(durable) ? upTo : durable;
        Instant newest = transactions.headMap(at).values().stream()
                .map(Transaction::time)
                .max(Comparator.naturalOrder())
                .orElse(null);
        if (newest == null || (horizon != null && !horizon.at().isBefore(at))) {
            return false;
        }
        Instant behind = newest.plusNanos(1_000);
        Horizon next = new Horizon(at, horizon == null || behind.isAfter(horizon.since()) ? behind : horizon.since());
        Map<TableId, Map<RowKey, List<RowImage>>> rows = new HashMap<>();
        for (TableInfo table : tables()) {
            table.folded(at).ifPresent(stretch -> rows.put(table.schema().id(), rows(table, stretch, at)));
        }
        log.headMap(new Position(at, 0)).clear();
        transactions.headMap(at).clear();
        baselines.values().forEach(ofTable -> ofTable.keySet().removeIf(from -> from.isBefore(at)));
        rows.forEach((table, held) ->
                baselines.computeIfAbsent(table, id -> new TreeMap<>()).put(at, held));
        for (TableInfo table : tables()) {
            TableId id = table.schema().id();
            long count = rows.getOrDefault(id, Map.of()).values().stream()
                    .mapToLong(List::size)
                    .sum();
            tables.put(id, table.forgotten(next, count));
        }
        tables.values().removeIf(table -> isGone(table, at));
        gaps = gaps.stream().filter(gap -> at.isBefore(gap.to())).toList();
        samples.values().forEach(ofOne -> forget(ofOne, at));
        samples.values().removeIf(Map::isEmpty);
        horizon = next;
        return true;
    }

    private Map<RowKey, List<RowImage>> rows(TableInfo table, Coverage stretch, Lsn at) {
        TableTimeline timeline = new TableTimeline(this, table);
        Map<RowKey, List<RowImage>> rows = new TreeMap<>();
        if (!timeline.truncated(stretch, at)) {
            rows.putAll(baselineFrom(table.schema().id(), stretch.from()));
        }
        timeline.changed(stretch, at).forEach(left -> {
            if (left.state() instanceof RowTimeline.State.Present row) {
                rows.put(left.key(), Collections.nCopies((int) row.count(), row.image()));
            } else {
                rows.remove(left.key());
            }
        });
        return rows;
    }

    private boolean isGone(TableInfo table, Lsn at) {
        TableId id = table.schema().id();
        return table.coverage().isEmpty()
                && table.schemas().stream().allMatch(version -> version.from().isBefore(at))
                && baselines.getOrDefault(id, Map.of()).values().stream().allMatch(Map::isEmpty)
                && log.values().stream().noneMatch(change -> change.table().equals(id));
    }

    private static void forget(SortedMap<Instant, SequenceSample> ofOne, Lsn at) {
        SequenceSample last = ofOne.values().stream()
                .filter(sample -> sample.at().isBefore(at))
                .reduce(null, (older, newer) -> newer);
        boolean gone = last != null && last.dropped() && last.equals(ofOne.get(ofOne.lastKey()));
        ofOne.values().removeIf(sample -> sample.at().isBefore(at) && (gone || !sample.equals(last)));
    }

    private void seen(TableSchema schema, Lsn from) {
        tables.merge(schema.id(), TableInfo.of(schema, from), (known, fresh) -> known.seen(schema, from));
    }

    /** Forgets what a writer that starts anew finds above the durable position. */
    public void restart() {
        log.tailMap(new Position(durable, 0), true).clear();
        transactions.tailMap(durable, true).clear();
    }

    @Override
    public StoreMeasures measures() {
        return new StoreMeasures(Map.of(), 0, 0, 0, 0, Duration.ZERO, Duration.ZERO);
    }

    @Override
    public Optional<Transaction> newest() {
        return Optional.ofNullable(transactions.lowerEntry(durable)).map(Map.Entry::getValue);
    }

    @Override
    public StoreInfo info() {
        Transaction last = newest().orElse(null);
        return new StoreInfo(
                systemIdentifier,
                database,
                durable,
                last == null ? null : last.commit(),
                last == null ? null : last.time(),
                completeUntil,
                gaps,
                timelines,
                List.of(),
                notCovered,
                Retention.NONE,
                horizon);
    }

    @Override
    public List<TableInfo> tables() {
        return tables.values().stream()
                .sorted(Comparator.comparing((TableInfo table) -> table.schema().name())
                        .thenComparing(table -> table.schema().id()))
                .toList();
    }

    @Override
    public Stream<Transaction> transactions(Lsn from, Lsn to) {
        Lsn end = visible(to);
        return from.isBefore(end) ? transactions.subMap(from, end).values().stream() : Stream.empty();
    }

    @Override
    public Stream<Transaction> definitions(TableId table, Lsn from, Lsn to) {
        return transactions(from, to)
                .filter(transaction -> transaction.definedTables().contains(table));
    }

    @Override
    public Optional<Transaction> transaction(Lsn commit) {
        return transactions(commit, commit.next()).findFirst();
    }

    @Override
    public List<Transaction> transactionsOf(long xid) {
        return transactions(Lsn.ZERO, Lsn.MAX)
                .filter(transaction -> transaction.id().value() == xid
                        || (xid >>> 32 == 0 && transaction.id().xid() == xid))
                .toList();
    }

    @Override
    public Lsn positionAt(Instant time) {
        if (horizon != null && horizon.since().isAfter(time)) {
            return TableInfo.positionAt(time, horizon.at(), tables.values(), info());
        }
        Lsn commit = transactions(Lsn.ZERO, Lsn.MAX)
                .filter(transaction -> !transaction.time().isBefore(time))
                .map(Transaction::commit)
                .findFirst()
                .orElseGet(() -> info().endAt(time));
        return TableInfo.positionAt(time, commit, tables.values(), info());
    }

    @Override
    public Stream<Change> changes(Lsn from, Lsn to) {
        Lsn end = visible(to);
        return from.isBefore(end)
                ? log.subMap(new Position(from, 0), new Position(end, 0)).values().stream()
                : Stream.empty();
    }

    @Override
    public Stream<Change> changes(TableId table, Lsn from, Lsn to) {
        return changes(from, to).filter(change -> change.table().equals(table));
    }

    @Override
    public Stream<Change> changes(TableId table, RowKey key, Lsn from, Lsn to) {
        return changes(table, from, to)
                .filter(change -> change.operation() == Operation.TRUNCATE
                        || touched.getOrDefault(change.position(), List.of()).contains(key));
    }

    private static List<RowKey> touched(Change change) {
        return Stream.of(Optional.ofNullable(change.key()), Optional.ofNullable(change.oldKey()))
                .flatMap(Optional::stream)
                .toList();
    }

    @Override
    public Map<RowKey, List<Change>> changes(
            TableId table, Collection<RowKey> keys, Lsn from, Lsn to, Map<Position, Change> known) {
        Map<RowKey, List<Change>> changes = new HashMap<>();
        keys.forEach(key -> changes.put(key, new ArrayList<>()));
        changes(table, from, to)
                .filter(change -> change.operation() != Operation.TRUNCATE)
                .forEach(change -> touched.getOrDefault(change.position(), List.of()).stream()
                        .distinct()
                        .filter(changes::containsKey)
                        .forEach(key -> changes.get(key).add(change)));
        changes.values().removeIf(List::isEmpty);
        return changes;
    }

    @Override
    public Stream<LastChange> lastChanges(TableId table, Lsn from, Lsn to) {
        TreeMap<RowKey, LastChange> last = new TreeMap<>();
        changes(table, from, to).forEach(change -> {
            for (RowKey key : keys(change)) {
                LastChange older = last.get(key);
                boolean alone = older == null
                        || !older.change()
                                .position()
                                .commit()
                                .equals(change.position().commit());
                last.put(key, new LastChange(key, change, alone));
            }
        });
        return last.values().stream();
    }

    @Override
    public Stream<RowKey> changedKeys(TableId table, String low, String high, Lsn from, Lsn to) {
        return lastChanges(table, from, to).map(LastChange::key).filter(key -> {
            RowKey first = RowKey.of(key.values().get(0));
            return RowKey.of(low).compareTo(first) <= 0 && first.compareTo(RowKey.of(high)) <= 0;
        });
    }

    private static Set<RowKey> keys(Change change) {
        Set<RowKey> keys = new LinkedHashSet<>();
        for (RowKey key : new @Nullable RowKey[] {change.oldKey(), change.key()}) {
            if (key != null) {
                keys.add(key);
            }
        }
        return keys;
    }

    @Override
    public Optional<RowImage> baseline(TableId table, RowKey key, Lsn at) {
        return baselineRows(table, at).getOrDefault(key, List.of()).stream().findFirst();
    }

    @Override
    public long baselineCount(TableId table, RowKey key, Lsn at) {
        return baselineRows(table, at).getOrDefault(key, List.of()).size();
    }

    @Override
    public Stream<RowImage> baseline(TableId table, Lsn at) {
        return baselineRows(table, at).values().stream().flatMap(List::stream);
    }

    private Map<RowKey, List<RowImage>> baselineRows(TableId table, Lsn at) {
        return Optional.ofNullable(tables.get(table))
                .flatMap(info -> info.coverage(at))
                .map(coverage -> baselineFrom(table, coverage.from()))
                .orElseGet(Map::of);
    }

    private Map<RowKey, List<RowImage>> baselineFrom(TableId table, Lsn from) {
        return baselines.getOrDefault(table, Map.of()).getOrDefault(from, Map.of());
    }

    @Override
    public Stream<RowKey> referring(TableId table, ForeignKey foreignKey, List<String> values) {
        TableInfo info = tables.get(table);
        if (info == null) {
            return Stream.empty();
        }
        List<Integer> attributes = info.attributes(foreignKey);
        Stream<RowImage> changed = changes(table, Lsn.ZERO, Lsn.MAX)
                .flatMap(
                        change -> Stream.concat(Stream.ofNullable(change.before()), Stream.ofNullable(change.after())));
        Stream<RowImage> initial = info.coverage().stream()
                .flatMap(coverage -> baselineFrom(table, coverage.from()).values().stream())
                .flatMap(List::stream);
        return Stream.concat(changed, initial)
                .filter(image -> values.equals(texts(image, attributes)))
                .map(image -> Objects.requireNonNull(image.key()))
                .distinct();
    }

    private static List<String> texts(RowImage image, List<Integer> attributes) {
        List<String> texts = new ArrayList<>();
        for (int attribute : attributes) {
            int index = image.schema().indexOfAttribute(attribute);
            if (index >= 0 && image.values().get(index) instanceof ColumnValue.Text text) {
                texts.add(text.text());
            }
        }
        return texts;
    }

    @Override
    public void sampled(List<SequenceSample> fresh) {
        for (SequenceSample sample : fresh) {
            samples.computeIfAbsent(sample.sequence(), id -> new TreeMap<>()).put(sample.time(), sample);
        }
    }

    @Override
    public Stream<SequenceSample> samples() {
        return samples.values().stream().flatMap(ofOne -> ofOne.values().stream());
    }

    @Override
    public List<SequenceSample> newestSamples() {
        return samples.values().stream()
                .map(ofOne -> ofOne.lastEntry().getValue())
                .toList();
    }

    private Lsn visible(Lsn to) {
        return to.isBefore(durable) ? to : durable;
    }

    @Override
    public void close() {}
}
