package io.rowback.history.store;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/**
 * A file of RocksDB's write-ahead log. A record of it that seems to reach beyond the end RocksDB takes for one that was
 * not finished when the machine fell, and says nothing of what was behind; so the records are verified here. They lie in
 * blocks: a checksum of type and content, the content's length, the type, the content. What was not finished is told from
 * a length of which a bit has flipped: that leaves the content, and with it the checksum of so many bytes as it had.
 */
final class RecordLog {
    static final int BLOCK = 32 * 1024;
    static final int HEADER = 7;
    /** Where in a header the content's length stands. */
    static final int LENGTH_AT = 4;

    static final int TYPE_AT = 6;
    private static final int FIRST_RECYCLED = 5;
    private static final int LAST_RECYCLED = 8;
    private static final int MASK = 0xA282_EAD8;
    private static final int MASK_ROTATION = 15;
    /** A writer that is in the middle of a record has gone on by then. */
    private static final long PATIENCE_MILLIS = 1_000;

    private static final long PAUSE_MILLIS = 50;

    private final Path file;
    private final boolean newest;
    private final Findings findings;

    /**
     * A file.
     *
     * @param newest whether nothing was logged into another one since: then its last record may be unfinished
     */
    RecordLog(Path file, boolean newest, Findings findings) {
        this.file = file;
        this.newest = newest;
        this.findings = findings;
    }

    /**
     * Verifies all that lie in a store's folder.
     *
     * @return how many bytes at the end of the newest are a record that was never finished, and so never acknowledged
     */
    static int verifyAll(Path folder, Findings findings) {
        List<Path> logs = StoreFolder.recordLogs(folder);
        int unfinished = 0;
        for (Path log : logs) {
            unfinished = new RecordLog(log, log.equals(logs.get(logs.size() - 1)), findings).verify();
        }
        return unfinished;
    }

    /**
     * Adds a finding if a record is damaged; of a file that a writer has dropped there is none.
     *
     * @return how many bytes at the end are a record that was never finished, and so never acknowledged
     */
    int verify() {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            byte[] block = new byte[BLOCK];
            long at = 0;
            int read;
            do {
                read = in.readNBytes(block, 0, BLOCK);
                int sound = soundBytes(block, read);
                if (sound < read && (read == BLOCK || !isBeingWritten(at + read))) {
                    if (newest && isUnfinished(block, sound, read)) {
                        return read - sound;
                    }
                    findings.add(file.getFileName() + " at byte " + (at + sound)
                            + ": a record is damaged, and is as if it had never come, with all behind it");
                    return 0;
                }
                at += read;
                // A block that is not full is the last: what comes into it later is not looked at.
            } while (read == BLOCK);
            return 0;
        } catch (NoSuchFileException dropped) {
            return 0;
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
            checksum.update(type);
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

    /** Whether what begins there, in the last block, is a record whose end was never written, and no damaged one. */
    static boolean isUnfinished(byte[] block, int at, int length) {
        if (length - at < HEADER) {
            return true;
        }
        ByteBuffer bytes = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        int end = at + HEADER + Short.toUnsignedInt(bytes.getShort(at + LENGTH_AT));
        if (end <= length || end > BLOCK) {
            return false;
        }
        CRC32C checksum = new CRC32C();
        checksum.update(block[at + TYPE_AT]);
        for (int next = at + HEADER; next < length; next++) {
            if (bytes.getInt(at) == masked((int) checksum.getValue())) {
                return false;
            }
            checksum.update(block[next]);
        }
        return bytes.getInt(at) != masked((int) checksum.getValue());
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
