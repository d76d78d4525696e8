package io.rowback.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The person who was told that something is wrong: asks the tool and reads what it says. Knows nothing but that. */
public final class Support {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FIRST_LINES = 24;
    private static final int LAST_LINES = 4;

    private final Installation installation;
    private final Story story;

    Support(Installation installation, Story story) {
        this.installation = installation;
        this.story = story;
    }

    /** Says what is known or concluded. */
    void says(String text) {
        story.tell(text);
    }

    /** Runs a query for people to read, shows what it prints, and returns it. */
    String asks(String... arguments) {
        story.typed("rowback", List.of(arguments));
        String answer = answer(List.of(arguments));
        story.printed(answer, FIRST_LINES, LAST_LINES);
        return answer;
    }

    /** Runs the same query for a program to read: the documents that it prints. */
    private List<JsonNode> reads(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("--json"));
        command.addAll(arguments);
        try (MappingIterator<JsonNode> documents =
                JSON.readerFor(JsonNode.class).readValues(answer(command))) {
            return documents.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The transactions that changed a row, oldest first, one for each change. */
    List<String> changedBy(String table, String key, String... options) {
        List<String> arguments = new ArrayList<>(List.of("history", table, key));
        arguments.addAll(List.of(options));
        return reads(arguments).stream()
                .map(change -> change.get("xid").asText())
                .toList();
    }

    private String answer(List<String> arguments) {
        Output output = installation.rowback(arguments);
        if (output.exitCode() != 0) {
            throw new IllegalStateException("rowback " + String.join(" ", arguments) + " ended with "
                    + output.exitCode() + ": " + output.err());
        }
        return output.out();
    }
}
