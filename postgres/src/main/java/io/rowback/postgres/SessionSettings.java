package io.rowback.postgres;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings of every session that Rowback opens, the walsender's included, and of every script that it writes. With
 * them the text that a type's output function prints is what {@code pg_dump} would write: independent of role and
 * database settings, and read back exactly by {@code 'text'::type}.
 */
public final class SessionSettings {
    private static final Map<String, String> PINNED = new LinkedHashMap<>();

    static {
        PINNED.put("client_encoding", "UTF8");
        PINNED.put("standard_conforming_strings", "on");
        PINNED.put("bytea_output", "hex");
        PINNED.put("DateStyle", "ISO");
        PINNED.put("IntervalStyle", "postgres");
        PINNED.put("TimeZone", "UTC");
        PINNED.put("extra_float_digits", "1");
        PINNED.put("lc_monetary", "C");
        // An empty path makes regclass and its kin print qualified names, and keeps a hostile schema out of our SQL.
        PINNED.put("search_path", "");
        // An error is better than rows that row-level security hides in silence.
        PINNED.put("row_security", "off");
        PINNED.put("quote_all_identifiers", "off");
        // These change how texts are read: NULL in an array as a word, and XML that is no document not at all.
        PINNED.put("array_nulls", "on");
        PINNED.put("xmloption", "content");
    }

    private SessionSettings() {}

    /** The settings by name, in the order in which they are to be set. */
    public static Map<String, String> pinned() {
        return Collections.unmodifiableMap(PINNED);
    }
}
