package io.rowback.demo;

import io.rowback.history.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** A mistake in a database's life, told by five scripts, and how support mends it. */
public interface Incident {
    /** Its name, which is also that of the folder with its scripts. */
    String name();

    /** Asks the tool what happened; returns the arguments of the restore command that undoes it. */
    List<String> find(Support support);

    /** How that restore command ends. */
    ErrorCode ending();

    /** What the restore command has to say beside the SQL: text that its summary contains. */
    List<String> mentions();

    /** One of its scripts, such as {@code 3-incident}. */
    default String script(String script) {
        String path = "incidents/" + name() + "/" + script + ".sql";
        try (InputStream in = Incident.class.getResourceAsStream(path)) {
            byte[] text = Objects.requireNonNull(in, path).readAllBytes();
            return new String(text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
