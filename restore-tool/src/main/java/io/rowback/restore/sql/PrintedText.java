package io.rowback.restore.sql;

import io.rowback.history.Column;
import io.rowback.postgres.Equality;
import io.rowback.postgres.Identifiers;
import java.util.Set;

/** The text that Postgres prints of a column, as an expression of SQL; for sessions with an empty search path. */
public final class PrintedText {
    private static final Set<String> THEIR_OWN = Set.of("text", "character varying");

    private PrintedText() {}

    /** What the type's output function prints of the column of {@code t}, NULL of NULL. */
    public static String of(Column column) {
        String name = "t." + Identifiers.quote(column.name());
        if (THEIR_OWN.contains(Equality.base(column))) {
            return name;
        }
        // A cast prints a boolean otherwise. IS NOT NULL is false of a composite value too, if one of its fields is
        // NULL.
        return "CASE WHEN " + name + " IS DISTINCT FROM NULL THEN format('%s', " + name + ") END";
    }
}
