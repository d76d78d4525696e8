package io.rowback.daemon;

import io.rowback.history.ErrorCode;
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
            "Exits with 1 if anything failed.",
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
        boolean failed = false;
        for (Config.Database database : config.read().databases().values()) {
            Connections connections = new Connections(database.connection(), "rowbackd check");
            List<Finding> findings;
            try (Connection connection = connections.open()) {
                findings = Preflight.findings(connection, database);
            } catch (SQLException e) {
                throw connections.explain("connecting to", e);
            }
            out.println(database.name() + ": " + database.connection());
            findings.forEach(out::println);
            failed |= findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL);
        }
        return failed ? ErrorCode.FAILED.exitCode() : ErrorCode.DONE.exitCode();
    }
}
