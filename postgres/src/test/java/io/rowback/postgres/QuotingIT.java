package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.testbed.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Asks a real server whether it reads our names and constants as we meant them. */
final class QuotingIT {
    private static final List<String> HOSTILE = List.of(
            "t",
            "users",
            "select",
            "Übergröße",
            "a\"b",
            "x'; drop table y; --",
            "\\",
            "C:\\temp\\",
            "$$",
            "$rowback$",
            "a\r\nb\tc",
            "\u0001\u001b[0m\u0085\u2028\u202e\ufeff",
            "😀\\'\u200f",
            "%s ? :x {fn now()}",
            "");

    @AutoClose
    private static final PostgresServer server = PostgresServer.start(18);

    @Test
    void keywordsAreThoseOfPostgres() throws SQLException {
        List<String> keywords =
                server.database().query("select word from pg_catalog.pg_get_keywords() where catcode <> 'U'");
        assertThat(Identifiers.KEYWORDS).isEqualTo(Set.copyOf(keywords));
    }

    @Test
    void namesAreQuotedExactlyWherePostgresQuotes() throws SQLException {
        for (String name : HOSTILE) {
            String theirs = ask("select pg_catalog.quote_ident(?)", name);
            boolean quoted = Identifiers.quote(name).endsWith("\"");
            assertThat(quoted).as(name).isEqualTo(theirs.endsWith("\""));
        }
    }

    @Test
    void constantsAreReadBackExactly() throws SQLException {
        try (Connection connection = server.database().connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (String text : HOSTILE) {
                try (ResultSet row = statement.executeQuery("select " + Literals.typed(text, "text"))) {
                    row.next();
                    assertThat(row.getString(1)).isEqualTo(text);
                }
            }
        }
    }

    @Test
    void namesAreReadBackExactly() throws SQLException {
        try (Connection connection = server.database().connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (String name : HOSTILE.subList(0, HOSTILE.size() - 1)) {
                try (ResultSet row = statement.executeQuery("select 1 as " + Identifiers.quote(name))) {
                    assertThat(row.getMetaData().getColumnLabel(1)).isEqualTo(name);
                }
            }
        }
    }

    private static String ask(String sql, String parameter) throws SQLException {
        try (Connection connection = server.database().connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, parameter);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }
}
