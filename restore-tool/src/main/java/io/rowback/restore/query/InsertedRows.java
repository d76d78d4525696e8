package io.rowback.restore.query;

import io.rowback.history.Gap;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** How many rows came into the tables of sequences between their samples, counted in one walk over the transactions. */
public final class InsertedRows {
    private final Tables tables;
    private final List<Gap> gaps;
    /** For each sample of a table's sequences the rows from there up to the next. */
    private final Map<TableId, NavigableMap<Lsn, Long>> rows = new HashMap<>();

    /** Counts up to {@code end}. */
    public InsertedRows(HistoryReader reader, Tables tables, Lsn end) {
        this.tables = tables;
        this.gaps = reader.info().gaps();
        try (Stream<SequenceSample> samples = reader.samples()) {
            samples.forEach(this::begin);
        }
        Lsn begin = rows.values().stream()
                .map(NavigableMap::firstKey)
                .min(Lsn::compareTo)
                .orElse(end);
        try (Stream<Transaction> transactions = reader.transactions(begin, end)) {
            transactions.forEach(this::count);
        }
    }

    private void begin(SequenceSample sample) {
        SequenceSample.Owner owner = sample.owner();
        if (owner != null) {
            rows.computeIfAbsent(owner.table(), table -> new TreeMap<>()).put(sample.at(), 0L);
        }
    }

    private void count(Transaction transaction) {
        transaction.counts().forEach((table, counts) -> {
            NavigableMap<Lsn, Long> ofTable = rows.get(table);
            Lsn sample = ofTable == null ? null : ofTable.floorKey(transaction.commit());
            if (ofTable != null && sample != null) {
                ofTable.merge(sample, counts.inserts(), Long::sum);
            }
        });
    }

    /**
     * The rows that came into the table of both samples' owner between them, or {@link SequenceLeap#UNKNOWN_ROWS} where
     * its history is not complete.
     */
    public long between(SequenceSample before, SequenceSample after) {
        SequenceSample.Owner owner = after.owner();
        TableInfo table = owner == null ? null : tables.byId(owner.table()).orElse(null);
        if (owner == null || table == null || !isComplete(table, before.at(), after.at())) {
            return SequenceLeap.UNKNOWN_ROWS;
        }
        NavigableMap<Lsn, Long> ofTable = rows.getOrDefault(owner.table(), new TreeMap<>());
        return before.at().isBefore(after.at())
                ? ofTable.subMap(before.at(), true, after.at(), false).values().stream()
                        .mapToLong(Long::longValue)
                        .sum()
                : 0;
    }

    private boolean isComplete(TableInfo table, Lsn from, Lsn to) {
        return table.coverage(from).isPresent()
                && table.coverage(to).isPresent()
                && table.holes(gaps).stream().noneMatch(hole -> hole.overlaps(from, to));
    }
}
