package io.rowback.history;

import org.jspecify.annotations.Nullable;

/**
 * A table that should be covered but cannot be.
 *
 * @param table its name
 * @param reason why, for people
 * @param mend the SQL that mends it, or null where there is none
 */
public record NotCovered(
        TableName table, String reason, @Nullable String mend) {}
