package io.rowback.testbed;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A database of a throw-away server, seen as one user. */
public record Database(int port, String user, String name) {
    /** The same database as another user; roles of these servers need no password. */
    public Database as(String otherUser) {
        return new Database(port, otherUser, name);
    }

    /** The same database as reached through another port. */
    public Database at(int otherPort) {
        return new Database(otherPort, user, name);
    }

    /** The connection string that libpq and Rowback's configuration take. */
    public String url() {
        return "postgresql://" + user + "@127.0.0.1:" + port + "/" + name;
    }

    /** The connection string for JDBC. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=" + user;
    }

    /** A new connection; the caller closes it. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl());
    }

    /**
     * Runs a script of any number of statements over one connection, as psql does with {@code ON_ERROR_STOP}: each
     * statement is a transaction of its own unless the script begins one, and the first error ends the script.
     */
    public void run(String script) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (String sql : SqlScript.statements(script)) {
                statement.execute(sql);
            }
        }
    }

    /** The rows of one query, each as {@code psql -At} prints it: values joined by {@code |}, NULL as nothing. */
    public List<String> query(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SqlScript.only(sql))) {
            List<String> printed = new ArrayList<>();
            while (rows.next()) {
                StringBuilder row = new StringBuilder();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    String value = rows.getString(i);
                    row.append(i == 1 ? "" : "|").append(value == null ? "" : value);
                }
                printed.add(row.toString());
            }
            return printed;
        }
    }

    /** An identifier, quoted. */
    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
