package io.rowback.restore.output;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.rowback.history.ColumnValue;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON object on its way out, its members in the order in which they were put. */
public final class JsonObject {
    private static final JsonFactory JSON = new JsonFactory();

    private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

    /** A string; null for JSON's null. What is no string is written as its text. */
    JsonObject put(String name, @Nullable Object value) {
        members.put(name, value == null ? null : value.toString());
        return this;
    }

    JsonObject put(String name, long number) {
        members.put(name, number);
        return this;
    }

    JsonObject put(String name, boolean value) {
        members.put(name, value);
        return this;
    }

    JsonObject put(String name, JsonObject object) {
        members.put(name, object.members);
        return this;
    }

    /** An object, or null. */
    JsonObject putObject(String name, @Nullable JsonObject object) {
        members.put(name, object == null ? null : object.members);
        return this;
    }

    /** A number, or null. */
    JsonObject putNumber(String name, @Nullable Number number) {
        members.put(name, number);
        return this;
    }

    /** A value of a column: a string, null, or an object that says that it is not known. */
    JsonObject put(String name, ColumnValue value) {
        members.put(name, value(value));
        return this;
    }

    JsonObject putStrings(String name, List<String> strings) {
        members.put(name, strings);
        return this;
    }

    JsonObject putObjects(String name, List<JsonObject> objects) {
        members.put(name, objects.stream().map(JsonObject::members).toList());
        return this;
    }

    /** The table's schema and name. */
    JsonObject putTable(TableName table) {
        return put("schema", table.schema()).put("table", table.name());
    }

    /** The row's key, an object by column; of a table without a key with the fingerprint as its one member. */
    JsonObject putKey(String name, TableSchema table, RowKey key) {
        JsonObject columns = new JsonObject();
        if (!table.hasKey() && !key.values().isEmpty()) {
            columns.put("fingerprint", key);
        }
        for (int i = 0; i < table.key().size(); i++) {
            columns.put(table.key().get(i), key.values().get(i));
        }
        return put(name, columns);
    }

    /** A row, an object by column; null where there is none. */
    JsonObject putRow(String name, @Nullable RowImage row) {
        if (row == null) {
            return put(name, (Object) null);
        }
        JsonObject columns = new JsonObject();
        for (int i = 0; i < row.values().size(); i++) {
            columns.put(row.schema().columns().get(i).name(), row.values().get(i));
        }
        return put(name, columns);
    }

    /** The object as one line. */
    String text() {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            write(members, out);
        } catch (IOException e) {
            throw new IllegalStateException("maps, lists and strings can be written", e);
        }
        return text.toString();
    }

    /** Jackson's own binding does the same, but takes longer to be made ready than most answers. */
    private static void write(@Nullable Object value, JsonGenerator out) throws IOException {
        if (value instanceof Map<?, ?> object) {
            out.writeStartObject();
            for (Map.Entry<?, ?> member : object.entrySet()) {
                out.writeFieldName((String) member.getKey());
                write(member.getValue(), out);
            }
            out.writeEndObject();
        } else if (value instanceof List<?> array) {
            out.writeStartArray();
            for (Object element : array) {
                write(element, out);
            }
            out.writeEndArray();
        } else {
            out.writePOJO(value);
        }
    }

    Map<String, @Nullable Object> members() {
        return members;
    }

    private static @Nullable Object value(ColumnValue value) {
        if (value instanceof ColumnValue.Text text) {
            return text.text();
        }
        return value.isNull() ? null : Map.of("unknown", true);
    }
}
