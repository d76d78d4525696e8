package io.rowback.restore;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** Writes files whole or not at all: into a file beside it that then takes the name. Readable by its owner only. */
final class NewFile {
    private NewFile() {}

    /** What is to be in the file. */
    @FunctionalInterface
    interface Content {
        void writeTo(Writer out) throws IOException;
    }

    static void write(Path file, Content content) throws IOException {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        Path unfinished = Files.createTempFile(folder, file.getFileName().toString(), ".part");
        unfinished.toFile().deleteOnExit();
        try {
            try (Writer out = new Utf8Writer(new BufferedOutputStream(Files.newOutputStream(unfinished)))) {
                content.writeTo(out);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }
}
