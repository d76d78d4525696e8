package io.rowback.restore.output;

import io.rowback.history.Annotation;
import io.rowback.restore.sql.RowText;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a transaction's annotations say, for people and for programs. People see the beginning of what is long. */
final class Notes {
    private static final int ANNOTATIONS_SHOWN = 10;
    private static final int FIELDS_SHOWN = 10;
    private static final int LONGEST_NAME = 40;
    private static final int LONGEST_VALUE = 300;

    private Notes() {}

    /** Prints a line for each annotation. */
    static void print(Output output, List<String> annotations) {
        annotations.stream()
                .limit(ANNOTATIONS_SHOWN)
                .forEach(annotation -> output.line("    note: " + text(Annotation.of(annotation))));
        if (annotations.size() > ANNOTATIONS_SHOWN) {
            output.line(
                    "    note: " + (annotations.size() - ANNOTATIONS_SHOWN) + " more annotations; --json shows all");
        }
    }

    private static String text(Annotation annotation) {
        Map<String, String> fields = annotation.fields();
        if (fields.isEmpty()) {
            return RowText.text(annotation.content(), "", LONGEST_VALUE);
        }
        return fields.entrySet().stream()
                        .limit(FIELDS_SHOWN)
                        .map(field -> RowText.text(field.getKey(), "", LONGEST_NAME) + " "
                                + RowText.text(field.getValue(), "'", LONGEST_VALUE))
                        .collect(Collectors.joining(", "))
                + (fields.size() > FIELDS_SHOWN ? ", ..." : "");
    }

    /** Adds the annotations to a document: as they are, and by their fields. */
    static JsonObject put(JsonObject document, List<String> annotations) {
        return document.putStrings("annotations", annotations)
                .putObjects("notes", annotations.stream().map(Notes::json).toList());
    }

    private static JsonObject json(String content) {
        Annotation annotation = Annotation.of(content);
        JsonObject json = new JsonObject();
        annotation.fields().forEach(json::put);
        return annotation.fields().isEmpty() ? json.put("text", content) : json;
    }
}
