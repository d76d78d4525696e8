package io.rowback.restore.live;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;

/**
 * A live row that is not what the history holds last.
 *
 * @param table its table
 * @param key its key
 * @param what what is otherwise, and why it can be; for people
 */
public record Difference(TableSchema table, RowKey key, String what) {}
