package io.rowback.restore;

import io.rowback.history.RowKey;
import io.rowback.history.TableSchema;
import io.rowback.restore.query.KeyText;

/** Keys on the command line, where a mistyped option arrives as a key, since keys may begin with a minus sign. */
final class RowKeys {
    private RowKeys() {}

    static RowKey parse(String text, TableSchema table) {
        if (text.matches("--[a-z][a-z-]*")) {
            throw StoreCommand.usage(
                    "unknown option " + text,
                    "See --help; a key that looks like this is written with its column's name, id=" + text + ".");
        }
        return KeyText.parse(text, table);
    }
}
