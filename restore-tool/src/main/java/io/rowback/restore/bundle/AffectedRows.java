package io.rowback.restore.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.Repair.Cell;
import io.rowback.restore.query.RelatedRows.Row;
import io.rowback.restore.query.Tables;
import io.rowback.restore.sql.RowText;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code affected.csv}: a line for each row that the plan writes, in its order; RFC 4180, every field in double quotes. It is
 * opened in spreadsheets, which take a field that begins with one of {@code = + - @} for a formula, and whose keys are people's
 * names may say anything: such a key is written with its column's name, as an operator may type it too.
 */
final class AffectedRows {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern FORMULA = Pattern.compile("[-+=@]");
    private static final Pattern NUMBER = Pattern.compile("-\\d+(?:\\.\\d+)?");

    private AffectedRows() {}

    static void write(List<Repair> repairs, Owners owners, Tables tables, Appendable out) throws IOException {
        line(out, "table", "key", "owner_table", "owner_key", "action", "lost", "replaced", "transactions");
        for (Repair repair : repairs) {
            Row owner = owners.of(repair).orElse(null);
            line(
                    out,
                    repair.table().name().toString(),
                    key(repair.table(), repair.key()),
                    owner == null ? "" : table(owner, tables),
                    owner == null ? "" : key(owner, tables),
                    repair.action().toString(),
                    json(repair.wanted()),
                    json(repair.expected()),
                    repair.causes().stream()
                            .map(cause -> cause.transaction().id().toString())
                            .distinct()
                            .collect(Collectors.joining(" ")));
        }
    }

    private static String table(Row row, Tables tables) {
        return tables.byId(row.table()).orElseThrow().schema().name().toString();
    }

    private static String key(Row row, Tables tables) {
        return key(tables.byId(row.table()).orElseThrow().schema(), row.key());
    }

    private static String key(TableSchema table, RowKey key) {
        String text = RowText.key(table, key);
        boolean formula =
                FORMULA.matcher(text).lookingAt() && !NUMBER.matcher(text).matches();
        return formula ? table.key().get(0) + "=" + text : text;
    }

    private static String json(List<Cell> cells) {
        Map<String, @Nullable String> values = new LinkedHashMap<>();
        for (Cell cell : cells) {
            values.put(cell.column().name(), cell.value() instanceof ColumnValue.Text text ? text.text() : null);
        }
        try {
            return cells.isEmpty() ? "" : JSON.writeValueAsString(values);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings can be written", e);
        }
    }

    private static void line(Appendable out, String... fields) throws IOException {
        out.append(Arrays.stream(fields)
                        .map(field -> '"' + field.replace("\"", "\"\"") + '"')
                        .collect(Collectors.joining(",")))
                .append("\r\n");
    }
}
