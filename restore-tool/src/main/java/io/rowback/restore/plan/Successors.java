package io.rowback.restore.plan;

import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryReader.LastChange;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a key, or another unique value, that rows of the plan refer to belongs to another row by now. Rows that the scope
 * touched tell that of their keys by themselves; others, parents that were deleted and made anew since the scope, nobody else looks at.
 */
final class Successors {
    private final HistoryReader reader;
    private final Scope scope;
    private final boolean asked;
    private final Map<Question, Boolean> answers = new HashMap<>();
    private final Map<Unique, Map<RowReference, RowKey>> holders = new HashMap<>();

    private record Question(TableInfo table, RowKey key, Lsn since) {}

    private record Unique(TableInfo table, List<String> columns) {}

    Successors(HistoryReader reader, RestoreRequest request) {
        this.reader = reader;
        this.scope = request.scope();
        this.asked = request.onConflict() != ConflictMode.OVERWRITE;
    }

    /** Whether whoever has the key of the row that this one refers to came to it after the scope had changed this one. */
    boolean has(TableInfo table, RowKey key, Draft referring) {
        if (!asked || referring.repair().causes().isEmpty()) {
            return false;
        }
        return isAnother(table, key, since(referring));
    }

    /**
     * Who came to the unique value by which this row refers, after the scope had changed this one; null if nobody did. Whoever did
     * has changed since the scope began, so no other rows are read.
     */
    @Nullable
    RowKey taker(TableInfo table, RowReference value, Draft referring) {
        if (!asked || referring.repair().causes().isEmpty()) {
            return null;
        }
        TableSchema schema = table.schema();
        RowReference normal = value.normal(schema);
        RowKey holder = holders.computeIfAbsent(new Unique(table, value.columns()), this::changedHolders)
                .get(normal);
        if (holder == null) {
            return null;
        }
        Lsn since = since(referring);
        // A row whose key was changed since is the same; under its former one it is told what it was.
        Set<RowKey> keys = new LinkedHashSet<>();
        RowImage then = null;
        for (RowKey key = holder; key != null && keys.add(key); ) {
            List<RowTimeline.Version> versions = versions(table, key, since);
            if (versions.isEmpty()) {
                return null;
            }
            then = versions.get(0).before();
            key = then == null ? versions.get(0).change().oldKey() : null;
        }
        boolean held = then != null && normal.equals(reference(schema, value.columns(), then));
        return held && keys.stream().noneMatch(key -> isAnother(table, key, since)) ? null : holder;
    }

    /** By what they hold in these columns now, the rows that changed since the scope began. */
    private Map<RowReference, RowKey> changedHolders(Unique unique) {
        TableSchema schema = unique.table().schema();
        Map<RowReference, RowKey> found = new HashMap<>();
        try (Stream<LastChange> changes =
                reader.lastChanges(schema.id(), scope.begin(), reader.info().durable())) {
            for (LastChange last : (Iterable<LastChange>) changes::iterator) {
                RowImage now = last.change().after();
                RowReference value =
                        now == null || !last.key().equals(now.key()) ? null : reference(schema, unique.columns(), now);
                if (value != null) {
                    found.put(value, last.key());
                }
            }
        }
        return found;
    }

    private static @Nullable RowReference reference(TableSchema schema, List<String> columns, RowImage image) {
        RowReference value = RowReference.of(schema.id(), columns, columns, image.in(schema)::value);
        return value == null ? null : value.normal(schema);
    }

    private static Lsn since(Draft referring) {
        return referring.repair().causes().get(0).transaction().commit();
    }

    private List<RowTimeline.Version> versions(TableInfo table, RowKey key, Lsn since) {
        return new RowTimeline(reader, table).versions(key, since, reader.info().durable());
    }

    private boolean isAnother(TableInfo table, RowKey key, Lsn since) {
        return answers.computeIfAbsent(new Question(table, key, since), this::isAnother);
    }

    private boolean isAnother(Question question) {
        boolean another = false;
        List<RowImage> held = new ArrayList<>();
        for (RowTimeline.Version version : versions(question.table(), question.key(), question.since())) {
            RowImage before = version.before();
            RowImage after = version.after();
            if (before != null && !another) {
                held.add(before);
            }
            // Who comes back with the values of then is the same: a restore has put it back. What the scope itself
            // inserted in a row's place is that row's damage.
            if (before == null
                    && after != null
                    && !held.isEmpty()
                    && !scope.contains(version.change().position())) {
                another = after.among(held).isEmpty();
            }
        }
        return another;
    }
}
