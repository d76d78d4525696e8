package io.rowback.restore.plan;

import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells whether a key that rows of the plan refer to belongs to another row by now. Rows that the scope touched tell that by
 * themselves; others, parents that were deleted and made anew since the scope, nobody else looks at.
 */
final class Successors {
    private final HistoryReader reader;
    private final Scope scope;
    private final boolean asked;
    private final Map<Question, Boolean> answers = new HashMap<>();

    private record Question(TableInfo table, RowKey key, Lsn since) {}

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
        Lsn since = referring.repair().causes().get(0).transaction().commit();
        return answers.computeIfAbsent(new Question(table, key, since), this::isAnother);
    }

    private boolean isAnother(Question question) {
        boolean another = false;
        List<RowImage> held = new ArrayList<>();
        for (RowTimeline.Version version : new RowTimeline(reader, question.table())
                .versions(question.key(), question.since(), reader.info().durable())) {
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
