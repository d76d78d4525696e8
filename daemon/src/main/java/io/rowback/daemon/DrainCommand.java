package io.rowback.daemon;

import io.rowback.daemon.tables.ServerLog;
import io.rowback.daemon.upgrade.Drained;
import io.rowback.daemon.upgrade.TransactionIds;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import io.rowback.history.TransactionId;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.Connections;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rowbackd drain}. */
@Command(
        name = "drain",
        description =
                "Waits until the history holds all that the server has committed: the last step before pg_upgrade.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "To be run while rowbackd runs and nothing else writes to the server: applications are stopped and",
            "autovacuum is off. It waits until no transaction runs and everything is held, and keeps the next",
            "transaction id of the server beside the store. Then shut the server down: what `rowbackd adopt` needs",
            "after pg_upgrade is that this id was the next one still.",
            "",
            "Exits with 0 if all is held, with 4 if it is not within ten minutes; with 10 if there is no store,",
            "with 13 if the server could not be reached.",
            "",
            "Examples:",
            "  rowbackd drain --config rowback.toml",
            "  rowbackd drain --db app      where several databases are captured: each of them"
        })
final class DrainCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DatabaseOption database;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        DatabaseOption.Chosen chosen = database.read();
        Connections connections = new Connections(chosen.database().connection(), "rowbackd drain");
        try (Connection connection = connections.open()) {
            StoreInfo history = history(chosen.store());
            StartPosition.requireSameServer(
                    history, chosen.database(), ServerLog.read(connections).systemIdentifier());
            Drained drained = new Drained(history.systemIdentifier(), next(connection, chosen.store()));
            drained.keep(chosen.store());
            spec.commandLine()
                    .getOut()
                    .println("all that server " + drained.systemIdentifier()
                            + " has committed is held, its next transaction is " + drained.next()
                            + ": shut it down now");
            return ErrorCode.DONE.exitCode();
        } catch (SQLException e) {
            throw connections.explain("asking", e);
        }
    }

    /** Waits until what the server does not hand out any more is all that is missing. */
    private TransactionId next(Connection connection, Path store) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        TransactionIds since = TransactionIds.read(connection);
        while (System.nanoTime() < deadline) {
            TransactionIds now = TransactionIds.read(connection);
            if (now.running() || !now.next().equals(since.next())) {
                since = now;
            } else if (history(store).completeUntil().isAfter(since.clock())) {
                // The daemon has looked at the publication, too, when nothing was written any more.
                return now.next();
            }
            TimeUnit.SECONDS.sleep(1);
        }
        throw since.running()
                ? refused(
                        "a transaction runs or is prepared", "pg_stat_activity and pg_prepared_xacts tell whose it is.")
                : refused(
                        "not all is held that the server has committed, or somebody goes on writing",
                        "rowbackd must run, applications and autovacuum must not: `rowback status --live` tells.");
    }

    private static RowbackException refused(String reason, String hint) {
        return new RowbackException(
                ErrorCode.REFUSED, "not drained within " + PATIENCE.toMinutes() + " minutes: " + reason, hint);
    }

    private static StoreInfo history(Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            return reader.info();
        }
    }
}
