package io.rowback.restore.live;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.postgres.Literals;
import io.rowback.restore.plan.Draft;
import io.rowback.restore.plan.Repair.InsertRow;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Whether the server would take the values of rows: their types and domains, enum labels, NOT NULL, check constraints and
 * the bounds of partitions.
 */
final class ValueChecks {
    private final Session session;

    ValueChecks(Session session) {
        this.session = session;
    }

    /** Tells of each row that would fail why; one reason for a row. */
    void find(TableFacts facts, List<Draft> drafts, BiConsumer<Draft, String> found) {
        List<Draft> whole = drafts.stream()
                .filter(draft -> {
                    String reason = missing(draft, facts);
                    if (reason != null) {
                        found.accept(draft, reason);
                    }
                    return reason == null;
                })
                .toList();
        RowBatch.after(facts, whole).forEach(batch -> find(batch, found));
    }

    private static @Nullable String missing(Draft draft, TableFacts facts) {
        for (Column column : draft.table().columns()) {
            if (!column.notNull() || column.generated()) {
                continue;
            }
            ColumnValue after = draft.after(column.name());
            boolean none = after == null && draft.repair() instanceof InsertRow;
            if ((none && !facts.defaulted().contains(column.name())) || (after != null && after.isNull())) {
                return "column " + column.name() + " is NOT NULL there and would have no value";
            }
        }
        return null;
    }

    private void find(RowBatch batch, BiConsumer<Draft, String> found) {
        try {
            session.attempt(query(batch), row -> {
                found.accept(batch.drafts().get(row.getInt(1) - 1), "it would violate " + row.getString(2) + " there");
                return true;
            });
        } catch (SQLException e) {
            if (batch.drafts().size() == 1) {
                found.accept(batch.drafts().get(0), "the server does not take its values: " + message(e));
            } else {
                batch.halves().forEach(half -> find(half, found));
            }
        }
    }

    private static String message(SQLException failure) {
        ServerErrorMessage message = failure instanceof PSQLException known ? known.getServerErrorMessage() : null;
        return String.valueOf(message == null ? failure.getMessage() : message.getMessage());
    }

    /** One line for each row that violates something, with the first thing by name. Also without checks all values are read. */
    private static String query(RowBatch batch) {
        Map<String, String> checks = batch.facts().checks();
        String violated = checks.isEmpty()
                ? "SELECT NULL::text FROM " + batch.row() + " WHERE "
                        + batch.facts().alias() + " IS DISTINCT FROM NULL" + " OFFSET 1"
                : "SELECT min(c.name) FROM " + batch.row() + " CROSS JOIN LATERAL (VALUES "
                        + checks.entrySet().stream()
                                .map(check -> "(" + Literals.quote(check.getKey()) + ", (" + check.getValue() + "))")
                                .collect(Collectors.joining(", "))
                        + ") AS c (name, holds) WHERE c.holds IS FALSE HAVING count(*) > 0";
        return "SELECT \"rowback$rows\".n, w.name FROM " + batch.numbered() + " CROSS JOIN LATERAL (" + violated
                + ") AS w (name)";
    }
}
