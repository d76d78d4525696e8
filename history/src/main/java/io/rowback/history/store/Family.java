package io.rowback.history.store;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The column families. Fixed for ever: creating or dropping one breaks every reader that is open. META lies in the one
 * that RocksDB always has.
 */
enum Family {
    META,
    LOG,
    ROWS,
    TABLES,
    REFS,
    TXNS,
    XIDS,
    TIMES,
    BASELINE,
    SCHEMAS;

    /** The name on disk. */
    byte[] diskName() {
        String name = this == META ? "default" : toString();
        return name.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
