package io.rowback.deploy;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;

/**
 * The package that was built, as deb(5) describes it: an {@code ar} of two tars.
 *
 * @param control its control files by name
 * @param data what it installs, by absolute path
 */
record DebianPackage(Map<String, Entry> control, Map<String, Entry> data) {
    /** A file, folder or link of it, with the content of a file. */
    record Entry(TarArchiveEntry header, ByteBuffer content) {
        String text() {
            return StandardCharsets.UTF_8.decode(content.duplicate()).toString();
        }
    }

    static DebianPackage read() throws IOException {
        Map<String, Entry> control = new TreeMap<>();
        Map<String, Entry> data = new TreeMap<>();
        Path file = Path.of(System.getProperty("rowback.deb"));
        try (ArArchiveInputStream members = new ArArchiveInputStream(Files.newInputStream(file))) {
            for (ArArchiveEntry member = members.getNextEntry(); member != null; member = members.getNextEntry()) {
                if (member.getName().startsWith("control.tar")) {
                    read(members, "./", control);
                } else if (member.getName().startsWith("data.tar")) {
                    read(members, ".", data);
                }
            }
        }
        return new DebianPackage(control, data);
    }

    private static void read(InputStream member, String prefix, Map<String, Entry> entries) throws IOException {
        try {
            TarArchiveInputStream tar = new TarArchiveInputStream(
                    new CompressorStreamFactory().createCompressorInputStream(new BufferedInputStream(member)));
            for (TarArchiveEntry header = tar.getNextEntry(); header != null; header = tar.getNextEntry()) {
                entries.put(
                        header.getName().substring(prefix.length()),
                        new Entry(header, ByteBuffer.wrap(tar.readAllBytes())));
            }
        } catch (CompressorException e) {
            throw new IOException(e);
        }
    }
}
