package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ObjLongConsumer;

/**
 * Verifies that every stored value is what was written, that log, transactions and indexes say the same, and that each
 * change found what the one before had left. Reads each family once, in order; only where an index does not match are
 * single entries looked up. Used once.
 */
final class Verifier {
    private static final List<Family> INDEXES =
            List.of(Family.ROWS, Family.TABLES, Family.REFS, Family.XIDS, Family.TIMES);

    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final StoreWalk walk;
    private final Findings findings = new Findings();
    private final Chains chains;
    private final Map<Family, Fingerprint> expected = new EnumMap<>(Family.class);
    private final Map<TableId, Long> newestBaseline = new HashMap<>();
    private long changes;
    private long transactions;
    private long baselineRows;
    private long indexEntries;
    private Lsn commit = Lsn.ZERO;
    private Map<TableId, Counts> counts = new HashMap<>();

    Verifier(Database database, Schemas schemas, Metadata meta, ObjLongConsumer<String> progress) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.walk = new StoreWalk(database, schemas, meta, progress);
        this.chains = new Chains(
                new StoredChanges(database, schemas, meta),
                new StoredBaselines(database, schemas, meta),
                findings,
                progress);
        INDEXES.forEach(family -> expected.put(family, new Fingerprint()));
    }

    Verification verify() {
        findings.survived(database::verifyFiles);
        int unfinished = RecordLog.verifyAll(database.folder(), findings);
        boolean logReadable = findings.survived(this::log);
        boolean baselinesReadable = findings.survived(this::baselines);
        findings.survived(() -> walk.samples(findings));
        for (Family family : INDEXES) {
            findings.survived(() -> index(family, logReadable && baselinesReadable));
        }
        if (findings.count() == 0) {
            // What is damaged was told, and would break the chains of its rows.
            meta.tables().forEach(chains::follow);
        }
        return new Verification(
                true,
                changes,
                transactions,
                baselineRows,
                indexEntries,
                chains.rows(),
                unfinished,
                findings.told(),
                findings.count());
    }

    private void log() {
        TransactionEntries entries =
                new TransactionEntries(this::expect, meta.horizon().second());
        try (TransactionWalk beside = new TransactionWalk(database, meta, findings, transaction -> {
            transactions++;
            entries.of(transaction, meta.epochs().of(transaction.commit()));
            requireDefinitions(transaction);
        })) {
            walk.log(findings, change -> {
                changes++;
                walk.entries(change, this::expect);
                count(change, beside);
            });
            passCounted(beside);
            beside.finish();
        }
    }

    private void requireDefinitions(Transaction transaction) {
        for (TableId table : transaction.definedTables()) {
            byte[] key = Keys.definition(table, transaction.commit());
            if (database.get(Family.META, key) == null) {
                findings.add(Family.META, key, "it is missing, but a transaction tells of DDL on the table");
            }
        }
    }

    private void count(Change change, TransactionWalk beside) {
        if (!change.position().commit().equals(commit)) {
            passCounted(beside);
            commit = change.position().commit();
            counts = new HashMap<>();
        }
        Counts counted = counts.getOrDefault(change.table(), Counts.NONE);
        counts.put(change.table(), counted.plus(change.operation()));
    }

    private void passCounted(TransactionWalk beside) {
        if (!counts.isEmpty()) {
            beside.pass(commit, counts);
        }
    }

    private void baselines() {
        Map<TableId, VisibleRows> newest = new HashMap<>();
        meta.tables().forEach(table -> newest.put(table.schema().id(), newest(table)));
        walk.baselines(findings, (key, row) -> {
            TableId table = Keys.baselineTable(key);
            VisibleRows visible = newest.get(table);
            boolean tells = visible != null && visible.tells(key);
            if (row != null) {
                baselineRows++;
                walk.entries(row, Keys.baselinePlace(key), this::expect);
                newestBaseline.merge(table, tells ? 1L : 0L, Long::sum);
            }
        });
        for (TableInfo table : meta.tables()) {
            long found = newestBaseline.getOrDefault(table.schema().id(), 0L);
            if (found != table.baselineRows()) {
                findings.add("baseline of table " + table.schema().name() + ": it had " + table.baselineRows()
                        + " rows, there are " + found);
            }
        }
    }

    private VisibleRows newest(TableInfo table) {
        List<Coverage> coverage = table.coverage();
        Lsn from =
                coverage.isEmpty() ? Lsn.MAX : coverage.get(coverage.size() - 1).from();
        return meta.visibleRows(table.schema().id(), from);
    }

    private void expect(Family family, byte[] key) {
        Objects.requireNonNull(expected.get(family)).add(key);
    }

    private void index(Family family, boolean comparable) {
        Fingerprint actual = new Fingerprint();
        walk.index(family, actual::add);
        indexEntries += actual.count();
        if (comparable && !actual.matches(Objects.requireNonNull(expected.get(family)))) {
            new IndexDifference(database, schemas, meta, walk, findings).tell(family);
        }
    }
}
