package io.rowback.testbed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The system identifier of a server that does not run: the number with which its control file and each file of its log
 * begin. Only {@code pg_resetwal} changes it otherwise, which is not among the programs that tests have.
 */
final class SystemIdentifier {
    /** Where it stands in the header of a log file. */
    private static final int IN_LOG = 24;

    private final Path data;

    SystemIdentifier(Path data) {
        this.data = data;
    }

    /** Makes it another one, which no other server has. */
    void change() throws IOException {
        Path file = data.resolve("global").resolve("pg_control");
        byte[] control = Files.readAllBytes(file);
        int size = size(control);
        long changed = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        numbers(control).putLong(0, changed);
        numbers(control).putInt(size, checksum(control, size));
        Files.write(file, control);
        for (Path log : logs()) {
            byte[] content = Files.readAllBytes(log);
            numbers(content).putLong(IN_LOG, changed);
            Files.write(log, content);
        }
    }

    /** How long the content is depends on the version; its checksum follows it. */
    private static int size(byte[] control) {
        for (int size = Long.BYTES; size < control.length - Integer.BYTES; size += Integer.BYTES) {
            if (numbers(control).getInt(size) == checksum(control, size)) {
                return size;
            }
        }
        throw new IllegalStateException("no checksum in pg_control");
    }

    private static int checksum(byte[] control, int size) {
        CRC32C crc = new CRC32C();
        crc.update(control, 0, size);
        return (int) crc.getValue();
    }

    private List<Path> logs() throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("pg_wal"))) {
            return files.filter(file -> file.toString().matches(".*/[0-9A-F]{24}"))
                    .toList();
        }
    }

    private static ByteBuffer numbers(byte[] content) {
        return ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
    }
}
