package io.rowback.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.zip.Deflater;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;
import picocli.CommandLine;

/** Writes the files of a package that are made from the programs. */
public final class PackagedFiles {
    private static final String DEBIAN_CHANGELOG = """
            rowback (%s) stable; urgency=medium

              * What changed stands in CHANGELOG.md.gz beside this file.

             -- Rowback maintainers <maintainers@rowback.invalid>  %s
            """;

    private final Path folder;

    private PackagedFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * Writes them.
     *
     * @param arguments the folder that everything to be installed lies in, the version, the time that counts as that of the
     *     build, and the changelog
     * @throws IOException if that is not possible
     */
    public static void main(String[] arguments) throws IOException {
        PackagedFiles files = new PackagedFiles(Path.of(arguments[0]));
        Edition edition = new Edition(arguments[1], OffsetDateTime.parse(arguments[2]));
        files.write("etc/rowback.toml", ConfigurationFile.text());
        files.program(io.rowback.restore.Main.commandLine(), 1, edition);
        files.program(io.rowback.daemon.Main.commandLine(), 8, edition);
        files.compress("man/man5/rowback.toml.5.gz", ConfigurationPage.text(edition));
        files.compress("doc/CHANGELOG.md.gz", Files.readString(Path.of(arguments[3])));
        files.compress("doc/changelog.gz", debianChangelog(edition));
    }

    private static String debianChangelog(Edition edition) {
        DateTimeFormatter date = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss Z", Locale.ENGLISH);
        return DEBIAN_CHANGELOG.formatted(edition.version(), date.format(edition.date()));
    }

    private void program(CommandLine program, int section, Edition edition) throws IOException {
        String name = program.getCommandName();
        write("completion/bash/" + name, Completion.bash(program));
        write("completion/zsh/_" + name, Completion.zsh(program));
        for (Map.Entry<String, String> page :
                new CommandPages(program, section, edition).pages().entrySet()) {
            compress("man/man" + section + "/" + page.getKey() + ".gz", page.getValue());
        }
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void compress(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        // The JDK's own does not say in its header that it is packed as well as can be, which Debian wants to read.
        GzipParameters best = new GzipParameters();
        best.setCompressionLevel(Deflater.BEST_COMPRESSION);
        try (OutputStream out = Files.newOutputStream(file);
                OutputStream gzip = new GzipCompressorOutputStream(out, best)) {
            gzip.write(text.getBytes(UTF_8));
        }
    }
}
