package io.rowback.history.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * RocksDB's list of its files, read by ourselves: which sorted files are live. A secondary instance that cannot open one of
 * them takes the newest state that can do without, and says nothing; so what it has is held against this. It is a log of
 * records, as {@link RecordLog} tells, each of them an edit of fields. Their checksums are RocksDB's to verify.
 */
final class Manifest {
    private static final int FULL = 1;
    private static final int LAST = 4;

    private static final int COMPARATOR = 1;
    private static final int LOG_NUMBER = 2;
    private static final int NEXT_FILE = 3;
    private static final int LAST_SEQUENCE = 4;
    private static final int COMPACT_CURSOR = 5;
    private static final int DELETED_FILE = 6;
    private static final int PREVIOUS_LOG = 9;
    private static final int MIN_LOG = 10;
    private static final int NEW_FILE = 103;
    private static final int FAMILY = 200;
    private static final int FAMILY_ADDED = 201;
    private static final int FAMILY_MAX = 203;
    private static final int IN_GROUP = 300;
    private static final int END_OF_FILE = 1;
    /** From here on a field has its length in front, and whoever does not know it passes over it. */
    private static final int OPTIONAL = 1 << 13;

    private final Map<Long, Integer> live = new HashMap<>();

    private Manifest() {}

    /**
     * The numbers of the sorted files that are live after the first bytes of that list, each with the number of its family.
     *
     * @throws IOException if it cannot be read, which it cannot once a writer has begun another
     * @throws IllegalStateException if it is no list, or of a form that is not known
     */
    static Map<Long, Integer> live(Path list, long length) throws IOException {
        byte[] bytes = Files.readAllBytes(list);
        Manifest manifest = new Manifest();
        manifest.records(Arrays.copyOf(bytes, (int) Math.min(length, bytes.length)));
        return manifest.live;
    }

    private void records(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        int at = 0;
        while (bytes.length - at >= RecordLog.HEADER) {
            int left = RecordLog.BLOCK - at % RecordLog.BLOCK;
            if (left < RecordLog.HEADER) {
                at += left;
                continue;
            }
            int type = bytes[at + RecordLog.TYPE_AT];
            int from = at + RecordLog.HEADER;
            int size = Short.toUnsignedInt(buffer.getShort(at + RecordLog.LENGTH_AT));
            if (size > bytes.length - from) {
                // The writer has not finished it.
                return;
            }
            record.write(bytes, from, size);
            at = from + size;
            if (type == FULL || type == LAST) {
                edit(new ByteReader(record.toByteArray(), 0, record.size()));
                record.reset();
            }
        }
    }

    private void edit(ByteReader edit) {
        Set<Long> added = new HashSet<>();
        int family = 0;
        while (edit.remaining() > 0) {
            int tag = (int) edit.varint();
            switch (tag) {
                case FAMILY -> family = (int) edit.varint();
                case LOG_NUMBER, NEXT_FILE, LAST_SEQUENCE, PREVIOUS_LOG, MIN_LOG, FAMILY_MAX, IN_GROUP -> edit.varint();
                case COMPARATOR, FAMILY_ADDED -> edit.skip(edit.length());
                case COMPACT_CURSOR -> {
                    edit.varint();
                    edit.skip(edit.length());
                }
                case DELETED_FILE -> {
                    edit.varint();
                    live.remove(edit.varint());
                }
                case NEW_FILE -> added.add(newFile(edit));
                default -> {
                    if ((tag & OPTIONAL) == 0) {
                        throw new IllegalStateException("a field " + tag + " is not known");
                    }
                    edit.skip(edit.length());
                }
            }
        }
        for (long file : added) {
            live.put(file, family);
        }
    }

    private static long newFile(ByteReader edit) {
        edit.varint(); // level
        long number = edit.varint();
        edit.varint(); // size
        edit.skip(edit.length()); // smallest key
        edit.skip(edit.length()); // largest key
        edit.varint(); // smallest sequence number
        edit.varint(); // largest
        while (edit.varint() != END_OF_FILE) {
            edit.skip(edit.length());
        }
        return number;
    }
}
