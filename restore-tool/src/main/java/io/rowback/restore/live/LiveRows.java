package io.rowback.restore.live;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import io.rowback.restore.sql.PrintedText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads rows of a live table by their keys, each value as the text that its type's output function prints. */
final class LiveRows {
    private static final int BATCH = 1_000;

    private final Session session;

    LiveRows(Session session) {
        this.session = session;
    }

    /** The rows of these keys; of a key without a row there is none. */
    Map<RowKey, RowImage> read(TableSchema table, TableFacts facts, Collection<RowKey> keys) {
        List<RowKey> sorted = keys.stream().sorted().toList();
        Map<RowKey, RowImage> rows = new HashMap<>();
        for (int from = 0; from < sorted.size(); from += BATCH) {
            List<RowKey> batch = sorted.subList(from, Math.min(from + BATCH, sorted.size()));
            session.rows(query(table, facts, batch), row -> rows.put(batch.get(row.getInt(1) - 1), image(table, row)));
        }
        return rows;
    }

    /** How many rows of a table without a key have each of these fingerprints; one that no row has is left out. */
    Map<RowKey, Long> count(TableSchema table, TableFacts facts, Collection<RowKey> keys) {
        String wanted = keys.stream().map(key -> key.values().get(0)).collect(Collectors.joining(",", "{", "}"));
        String query = "SELECT fingerprint, count(*) FROM " + fingerprints(table, facts) + " WHERE fingerprint = ANY ("
                + Literals.typed(wanted, "uuid[]") + ") GROUP BY 1";
        Map<RowKey, Long> counts = new HashMap<>();
        session.rows(query, row -> counts.put(RowKey.of(row.getString(1)), row.getLong(2)));
        return counts;
    }

    /** The rows of a table without a key as the fingerprints that {@link RowImage#key()} gives them, computed by the server. */
    static String fingerprints(TableSchema table, TableFacts facts) {
        List<String> texts = new ArrayList<>();
        StringBuilder digested = new StringBuilder("'\\x'::bytea");
        for (Column column : table.columns()) {
            if (!column.generated()) {
                String text = "c" + texts.size();
                texts.add("convert_to(" + PrintedText.of(column) + ", 'UTF8') AS " + text);
                digested.append(" || coalesce(int4send(")
                        .append(column.attnum())
                        .append(") || int4send(octet_length(")
                        .append(text)
                        .append(")) || ")
                        .append(text)
                        .append(", '\\x')");
            }
        }
        // OFFSET keeps the server from printing each value as often as it is named.
        return "(SELECT encode(substring(sha256(" + digested
                + ") FROM 1 FOR 16), 'hex')::uuid AS fingerprint FROM (SELECT " + String.join(", ", texts)
                + " FROM ONLY " + facts.sqlName() + " AS t OFFSET 0) AS v) AS f";
    }

    private static String query(TableSchema table, TableFacts facts, List<RowKey> keys) {
        List<String> operators = operators(table, facts);
        List<String> arrays = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        for (int i = 0; i < table.key().size(); i++) {
            int part = i;
            Column column = table.column(table.key().get(i));
            arrays.add(Literals.texts(keys.stream().map(key -> key.values().get(part))));
            names.add("k" + i);
            conditions.add("t." + Identifiers.quote(column.name()) + " " + operators.get(i) + " k.k" + i + "::"
                    + column.type());
        }
        return "SELECT k.n" + table.columns().stream().map(LiveRows::printed).collect(Collectors.joining())
                + " FROM unnest(" + String.join(", ", arrays) + ") WITH ORDINALITY AS k (" + String.join(", ", names)
                + ", n) JOIN ONLY " + facts.sqlName() + " AS t ON " + String.join(" AND ", conditions)
                + " ORDER BY k.n";
    }

    /** The operators of the key's index: those of types from other schemas are not in reach of our empty search path. */
    private static List<String> operators(TableSchema table, TableFacts facts) {
        return facts.indexes().stream()
                .filter(index -> !index.computed() && index.columns().equals(table.key()))
                .min(Comparator.comparing(TableFacts.Index::exclusion))
                .map(index -> index.operators().stream().map(LiveRows::equality).toList())
                .orElseThrow(() -> new IllegalStateException("the key of " + table.name() + " has no index"));
    }

    /** A key WITHOUT OVERLAPS keeps ranges apart that overlap; another range is another row all the same. */
    private static String equality(String operator) {
        return operator.replace("(pg_catalog.&&)", "(pg_catalog.=)");
    }

    private static String printed(Column column) {
        return column.published() ? ", " + PrintedText.of(column) : ", NULL";
    }

    private static RowImage image(TableSchema table, ResultSet row) throws SQLException {
        List<ColumnValue> values = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            String text = row.getString(i + 2);
            boolean published = table.columns().get(i).published();
            ColumnValue value = text == null ? ColumnValue.Special.NULL : ColumnValue.of(text);
            values.add(published ? value : ColumnValue.Special.UNKNOWN);
        }
        return new RowImage(table, values);
    }
}
