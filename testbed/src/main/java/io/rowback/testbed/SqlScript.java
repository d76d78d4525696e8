package io.rowback.testbed;

import java.sql.SQLException;
import java.util.List;
import org.postgresql.core.Parser;

/**
 * Splits a script into its statements with the driver's own lexer, which knows comments, quotes and dollar quotes.
 * Several statements sent at once would be one transaction; an incident is several.
 */
final class SqlScript {
    private SqlScript() {}

    static List<String> statements(String script) throws SQLException {
        return Parser.parseJdbcSql(script, true, false, true, false, false).stream()
                .map(query -> query.nativeSql)
                .filter(sql -> !sql.isBlank())
                .toList();
    }

    /** The one statement of a script. */
    static String only(String script) throws SQLException {
        List<String> statements = statements(script);
        if (statements.size() != 1) {
            throw new IllegalArgumentException("want one statement, not " + statements.size());
        }
        return statements.get(0);
    }
}
