package io.rowback.daemon;

import io.rowback.daemon.preflight.Annotations;
import io.rowback.daemon.teardown.Remains;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.PrintableText;
import io.rowback.postgres.ShellWord;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rowbackd teardown}. */
@Command(
        name = "teardown",
        description = "Gives a database up: takes slot, publication and replica identities from its server.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Without --yes it changes nothing and prints the SQL, for reading or for psql: it drops the slot and",
            "the publication, and sets each replica identity back that was changed to FULL while the history",
            "watched. What somebody has to decide, and what stays, are comments. If the server cannot be reached it",
            "prints what to run there later. It needs no store: without one nothing tells what identities were.",
            "",
            "With --yes it runs the SQL, while rowbackd does not run, and prints what our role may not do.",
            "",
            "Exits with 0 if it is done, or printed; with 3 if something is left for a DBA; with 4 if somebody reads",
            "the slot, with 11 if rowbackd runs; with 13 if the server could not be reached.",
            "",
            "Examples:",
            "  rowbackd teardown --config rowback.toml",
            "  rowbackd teardown --config rowback.toml | psql app      as a DBA",
            "  rowbackd teardown --db app --yes"
        })
final class TeardownCommand implements Callable<Integer> {
    /** No privilege; a lock that is held for long. */
    private static final Set<String> LEFT = Set.of("42501", "55P03");

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DatabaseOption database;

    @Option(names = "--yes", description = "Do it.")
    private boolean yes;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        DatabaseOption.Chosen chosen = database.read();
        Config.Database given = chosen.database();
        Path store = chosen.store();
        boolean history = RocksHistoryReader.isStore(store);
        if (!history) {
            return run(given, store, List.of()).exitCode();
        }
        if (!yes) {
            try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
                return run(given, store, reader.tables()).exitCode();
            }
        }
        // Held until all is done, it keeps a daemon from making slot and publication again.
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store)) {
            return run(given, store, writer.tables()).exitCode();
        }
    }

    private ErrorCode run(Config.Database given, Path store, List<TableInfo> history) {
        Connections connections = new Connections(given.connection(), "rowbackd teardown");
        try (Connection connection = connections.open()) {
            Remains remains = Remains.find(connection, given, history);
            ErrorCode code = ErrorCode.DONE;
            if (yes) {
                code = execute(connection, given, remains);
            } else {
                remains.statements().forEach(out()::println);
            }
            comments(given, store, remains);
            return code;
        } catch (SQLException e) {
            RowbackException failure = connections.explain("asking", e);
            if (failure.code() != ErrorCode.NO_POSTGRES) {
                throw failure;
            }
            Main.print(failure, spec.commandLine().getErr());
            out().println("-- To be run as a DBA when the server is back, as far as these are there:");
            Remains supposed = Remains.suppose(given, history);
            supposed.statements().forEach(out()::println);
            comments(given, store, supposed);
            return failure.code();
        }
    }

    private ErrorCode execute(Connection connection, Config.Database given, Remains remains) throws SQLException {
        if (remains.reader() != 0) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "the slot " + given.slot() + " is read by server process " + remains.reader(),
                    "Stop rowbackd, or whoever reads the slot, first.");
        }
        ErrorCode code = remains.questions().isEmpty() ? ErrorCode.DONE : ErrorCode.PARTIAL;
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout TO '5s'");
            for (String sql : remains.statements()) {
                try {
                    statement.execute(sql);
                    out().println("-- done: " + PrintableText.oneLine(sql));
                } catch (SQLException e) {
                    if (!LEFT.contains(String.valueOf(e.getSQLState()))) {
                        throw e;
                    }
                    out().println("-- left, " + PrintableText.oneLine(String.valueOf(e.getMessage())) + ":");
                    out().println(sql);
                    code = ErrorCode.PARTIAL;
                }
            }
        }
        return code;
    }

    private void comments(Config.Database given, Path store, Remains remains) {
        if (!remains.questions().isEmpty()) {
            out().println("-- For somebody to decide:");
            remains.questions().forEach(question -> out().println("-- " + PrintableText.oneLine(question)));
        }
        String role = PrintableText.oneLine(Identifiers.quote(given.connection().user()));
        out().println("-- What stays, and what takes it away:");
        out().println("-- the role, if nothing else uses it: REASSIGN OWNED BY " + role
                + " TO CURRENT_USER; DROP OWNED BY " + role + "; DROP ROLE " + role + ";");
        if (remains.annotated()) {
            out().println("-- annotations, if annotate.sql was run: "
                    + PrintableText.oneLine(Annotations.psql("annotate-remove.sql", given)));
        }
        out().println("-- the history, which nothing brings back: rm -r " + ShellWord.quote(store.toString()));
        out().println("-- the server's setting wal_level, and [databases." + given.name() + "] in the configuration");
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
