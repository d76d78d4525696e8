package io.rowback.daemon;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rowbackd check}. */
@Command(
        name = "check",
        description = "Looks whether everything is ready, and changes nothing.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Prints one line for each thing looked at: ok, warn or fail, and behind an arrow the SQL that mends it.",
            "Exits with 1 if anything failed, with 13 if a server could not be reached.",
            "",
            "Example:",
            "  rowbackd check --config rowback.toml"
        })
final class CheckCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption config;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        ErrorCode worst = ErrorCode.DONE;
        for (Config.Database database : config.read().databases().values()) {
            Connections connections = new Connections(database.connection(), "rowbackd check");
            out.println(database.name() + ": " + database.connection());
            try (Connection connection = connections.open()) {
                List<Finding> findings = Preflight.findings(connection, database);
                findings.forEach(out::println);
                if (findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL)) {
                    worst = worst == ErrorCode.DONE ? ErrorCode.FAILED : worst;
                }
            } catch (SQLException e) {
                // The other databases are looked at all the same.
                RowbackException failure = connections.explain("connecting to", e);
                out.println(Finding.fail(String.valueOf(failure.getMessage()), failure.hint()));
                worst = failure.code();
            }
        }
        return worst.exitCode();
    }
}
