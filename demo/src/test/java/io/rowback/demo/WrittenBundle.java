package io.rowback.demo;

import io.rowback.testbed.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The scripts of a folder that {@code restore --bundle} wrote, run in a database. */
record WrittenBundle(Path folder, Database database) {
    void restore() throws IOException, SQLException {
        database.run(read("restore.sql"));
    }

    void undo() throws IOException, SQLException {
        database.run(read("undo-restore.sql"));
    }

    /** What verify.sql prints until it ends or fails. */
    List<String> problems() throws IOException, SQLException {
        List<String> problems = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            boolean result = statement.execute(read("verify.sql").replace("\n\\set ON_ERROR_STOP on\n", "\n"));
            while (result || statement.getUpdateCount() >= 0) {
                if (result) {
                    try (ResultSet found = statement.getResultSet()) {
                        while (found.next()) {
                            problems.add(found.getString(1) + " " + found.getString(2));
                        }
                    }
                }
                result = statement.getMoreResults();
            }
        }
        return problems;
    }

    /** What the first query of verify.sql prints, which those behind it need not come to. */
    List<String> firstProblem() throws IOException, SQLException {
        String script = read("verify.sql");
        int query = script.indexOf("\nSELECT ");
        return database.query(script.substring(query, script.indexOf(";\n", query)));
    }

    String read(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }
}
