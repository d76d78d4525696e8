package io.rowback.history;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an annotation says. Whoever may write to the database may write annotations, so this is what somebody claims.
 *
 * @param content the annotation as it was written
 * @param fields the members of the JSON object that it is, in its order, but those that are null; values that are no
 *     strings as JSON. None if it is anything else
 */
public record Annotation(String content, Map<String, String> fields) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    public Annotation {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** Reads an annotation; any text is one. */
    public static Annotation of(String content) {
        Map<String, String> fields = new LinkedHashMap<>();
        JsonNode object = content.stripLeading().startsWith("{") ? json(content) : null;
        if (object != null) {
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                JsonNode value = member.getValue();
                if (!value.isNull()) {
                    fields.put(member.getKey(), value.isTextual() ? value.textValue() : value.toString());
                }
            }
        }
        return new Annotation(content, fields);
    }

    /**
     * The table that a record of DDL is about: one with the fields {@code ddl}, which holds the command, and
     * {@code table}, which holds the table's oid.
     */
    public Optional<TableId> definedTable() {
        String oid = fields.get("table");
        if (oid == null || !fields.containsKey("ddl")) {
            return Optional.empty();
        }
        try {
            return Optional.of(new TableId(Integer.parseUnsignedInt(oid)));
        } catch (NumberFormatException e) {
            // Somebody's own field of that name.
            return Optional.empty();
        }
    }

    private static @Nullable JsonNode json(String content) {
        try {
            return JSON.readTree(content);
        } catch (JsonProcessingException e) {
            // Somebody's text that looks like JSON.
            return null;
        }
    }
}
