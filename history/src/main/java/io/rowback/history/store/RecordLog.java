package io.rowback.history.store;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/**
 * A file of RocksDB's write-ahead log. A record of it that seems to reach beyond the end RocksDB takes for one that was
 * not finished when the machine fell, and says nothing of what was behind; so the records are verified here. They lie in
 * blocks: a checksum of type and content, the content's length, the type, the content.
 */
final class RecordLog {
    private static final int BLOCK = 32 * 1024;
    private static final int HEADER = 7;
    private static final int FIRST_RECYCLED = 5;
    private static final int LAST_RECYCLED = 8;
    private static final int LENGTH_AT = 4;
    private static final int TYPE_AT = 6;
    private static final int MASK = 0xA282_EAD8;
    private static final int MASK_ROTATION = 15;
    /** A writer that is in the middle of a record has gone on by then. */
    private static final long PATIENCE_MILLIS = 1_000;

    private static final long PAUSE_MILLIS = 50;

    private final Path file;
    private final Findings findings;

    RecordLog(Path file, Findings findings) {
        this.file = file;
        this.findings = findings;
    }

    /** Adds a finding if a record is damaged; of a file that a writer has dropped there is none. */
    void verify() {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            byte[] block = new byte[BLOCK];
            long at = 0;
            int read;
            do {
                read = in.readNBytes(block, 0, BLOCK);
                int sound = soundBytes(block, read);
                if (sound < read && (read == BLOCK || !isBeingWritten(at + read))) {
                    findings.add(file.getFileName() + " at byte " + (at + sound) + ": a record is damaged or was never"
                            + " finished, and is as if it had never come, with all behind it");
                    return;
                }
                at += read;
                // A block that is not full is the last: what comes into it later is not looked at.
            } while (read == BLOCK);
        } catch (NoSuchFileException dropped) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many bytes of a block are whole records, and the zeros behind the last. */
    private static int soundBytes(byte[] block, int length) {
        ByteBuffer bytes = ByteBuffer.wrap(block, 0, length).order(ByteOrder.LITTLE_ENDIAN);
        CRC32C checksum = new CRC32C();
        int at = 0;
        while (length - at >= HEADER) {
            int size = Short.toUnsignedInt(bytes.getShort(at + LENGTH_AT));
            int type = block[at + TYPE_AT];
            if (type == 0) {
                break;
            }
            int end = at + HEADER + size + (type >= FIRST_RECYCLED && type <= LAST_RECYCLED ? Integer.BYTES : 0);
            if (end > length) {
                return at;
            }
            checksum.reset();
            checksum.update(block, at + TYPE_AT, 1);
            checksum.update(block, at + HEADER, end - at - HEADER);
            if (bytes.getInt(at) != masked((int) checksum.getValue())) {
                return at;
            }
            at = end;
        }
        for (int rest = at; rest < length; rest++) {
            if (block[rest] != 0) {
                return at;
            }
        }
        return length;
    }

    /** RocksDB's form of a checksum of data that may hold checksums. */
    private static int masked(int checksum) {
        return Integer.rotateRight(checksum, MASK_ROTATION) + MASK;
    }

    private boolean isBeingWritten(long length) throws IOException {
        for (long waited = 0; waited < PATIENCE_MILLIS; waited += PAUSE_MILLIS) {
            if (Files.notExists(file) || Files.size(file) != length) {
                return true;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
        }
        return false;
    }
}
