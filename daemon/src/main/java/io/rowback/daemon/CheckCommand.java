package io.rowback.daemon;

import io.rowback.daemon.http.StatusServer;
import io.rowback.daemon.preflight.Diagnosis;
import io.rowback.daemon.preflight.Digest;
import io.rowback.daemon.preflight.Finding;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rowbackd check}. */
@Command(
        name = "check",
        description = "Looks whether everything is ready and how it will go on, and changes nothing.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Prints one line for each thing looked at: ok, warn or fail, and behind an arrow the SQL, setting or",
            "command that mends it; of many that are ok, or of which the same is told, the first 20. Its sessions are",
            "read-only.",
            "`rowback doctor` is the same.",
            "",
            "With --json all of them, one document a line: database (null for what concerns all), level (ok, warn,",
            "fail), topic (connection, server, role, slot, publication, table, replica_identity, foreign_key,",
            "sequence, disk, clock, annotation, http), text, mend (null where there is nothing to mend).",
            "",
            "What REPLICA IDENTITY FULL costs is reckoned from the statistics of the last ANALYZE (widths of the",
            "columns) and VACUUM (pages of the TOAST table), and from the server's counts of UPDATEs and DELETEs.",
            "",
            "Exits with 0 if nothing failed, whatever it warns of, with 1 if anything did, with 2 if the",
            "configuration is wrong, with 13 if a server could not be reached.",
            "",
            "Examples:",
            "  rowbackd check --config rowback.toml",
            "  rowbackd check --db app --json      where several databases are captured"
        })
final class CheckCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption config;

    @Option(names = "--db", paramLabel = "NAME", description = "This database alone; default all that are configured.")
    private @Nullable String database;

    @Option(names = "--json", description = "One JSON document a line.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Config all = config.read();
        Collection<Config.Database> asked =
                database == null ? all.names().stream().map(all::database).toList() : List.of(all.database(database));
        ErrorCode worst = ErrorCode.DONE;
        for (Config.Database each : asked) {
            ErrorCode code = check(each, all.store(each.name()), all.minFree());
            // That a server is out of reach says more than that another one lacks something.
            worst = worst == ErrorCode.NO_POSTGRES || code == ErrorCode.DONE ? worst : code;
        }
        if (database == null && !all.http().listen().isEmpty() && !http(all.http()) && worst == ErrorCode.DONE) {
            worst = ErrorCode.FAILED;
        }
        return worst.exitCode();
    }

    /** Whether metrics and health can be served; otherwise {@code run} would end at once. */
    private boolean http(Config.Http settings) {
        if (!json) {
            spec.commandLine().getOut().println("http: " + settings.listen());
        }
        try {
            StatusServer.check(settings);
            print(null, Finding.Topic.HTTP.ok("metrics and health can be served"));
            return true;
        } catch (RowbackException e) {
            print(null, Finding.Topic.HTTP.fail(String.valueOf(e.getMessage()), e.hint()));
            return false;
        }
    }

    private ErrorCode check(Config.Database each, Path store, long minFree) {
        PrintWriter out = spec.commandLine().getOut();
        Connections connections = new Connections(each.connection(), "rowbackd check");
        if (!json) {
            out.println(each.name() + ": " + each.connection());
        }
        List<Finding> findings = new ArrayList<>();
        ErrorCode code = ErrorCode.DONE;
        double databaseSize = Double.NaN;
        try {
            databaseSize = Diagnosis.server(connections, each, findings);
        } catch (SQLException e) {
            // The store and the other databases are looked at all the same.
            RowbackException failure = connections.explain(findings.isEmpty() ? "connecting to" : "looking at", e);
            findings.add(Finding.Topic.CONNECTION.fail(String.valueOf(failure.getMessage()), failure.hint()));
            code = failure.code();
        }
        Diagnosis.store(store, minFree, databaseSize, findings);
        (json ? findings : Digest.of(findings)).forEach(finding -> print(each.name(), finding));
        boolean failed = findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL);
        return failed && code == ErrorCode.DONE ? ErrorCode.FAILED : code;
    }

    private void print(@Nullable String concerned, Finding finding) {
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.println(finding);
            return;
        }
        out.println(new JsonLine()
                .put("database", concerned)
                .put("level", finding.level().name().toLowerCase(Locale.ROOT))
                .put("topic", finding.topic().word())
                .put("text", finding.text())
                .put("mend", finding.mend()));
    }
}
