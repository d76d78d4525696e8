package io.rowback.history.store;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;

/** The version of what a store holds. */
final class Format {
    /** Counted up with every change after which an older program would read something wrong. */
    static final int CURRENT = 3;
    /** The oldest that is read. It is today's, but that nothing was ever dropped; a writer makes it today's. */
    private static final int OLDEST = 2;

    private static final byte[] KEY = Keys.meta("format");

    private Format() {}

    /**
     * Makes sure that the rest can be read.
     *
     * @throws RowbackException of code STORE_UNUSABLE if not
     */
    static void require(Database database) {
        int found = stored(database);
        if (found < OLDEST || found > CURRENT) {
            throw new RowbackException(
                    ErrorCode.STORE_UNUSABLE,
                    "the store has format " + found + ", this program reads formats " + OLDEST + " to " + CURRENT,
                    found > CURRENT
                            ? "Use the version of rowback that goes with the rowbackd that writes this store."
                            : "Read it with the version that wrote it; moved away, rowbackd begins a new one.");
        }
    }

    /** Makes the store one of today's format. */
    static void upgrade(Database database) {
        if (stored(database) != CURRENT) {
            try (Write write = database.begin()) {
                put(write);
                write.commit(Database.Durability.SYNCED);
            }
        }
    }

    static void put(Write write) {
        write.seal(Family.META, KEY, new ByteWriter().u32(CURRENT).toBytes());
    }

    /** What stands in the store; today's if nothing does yet. */
    private static int stored(Database database) {
        byte[] value = database.get(Family.META, KEY);
        return value == null ? CURRENT : SealedValue.read(Family.META, KEY, value, ByteReader::u32);
    }
}
