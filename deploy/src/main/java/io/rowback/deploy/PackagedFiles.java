package io.rowback.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the files of a package that are made from the programs. */
public final class PackagedFiles {
    private PackagedFiles() {}

    /**
     * Writes them.
     *
     * @param arguments the folder that everything to be installed lies in
     * @throws IOException if that is not possible
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Files.createDirectories(folder.resolve("etc"));
        Files.writeString(folder.resolve("etc/rowback.toml"), ConfigurationFile.text());
    }
}
