package io.rowback.daemon;

import io.rowback.daemon.upgrade.ControlData;
import io.rowback.daemon.upgrade.Drained;
import io.rowback.daemon.upgrade.Evidence;
import io.rowback.daemon.upgrade.FirstRecord;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.RowbackException;
import io.rowback.history.TransactionId;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rowbackd adopt}. */
@Command(
        name = "adopt",
        description = "Goes on with the server that pg_upgrade made, while rowbackd does not run.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Makes the slot on the new server, or takes the one that pg_upgrade brought, and lets the history go on",
            "there: one history, before and after. It does so only if nothing can have been written in between:",
            "  - `rowbackd drain` found everything held, and the old server has handed out no transaction id since;",
            "  - the new server has handed out none since pg_upgrade was done.",
            "So it is run before anything writes to the new server, autovacuum included.",
            "",
            "If that is not proven it says why and changes nothing. With --gap it then records a gap: what is held",
            "stays readable, what was changed in between is not known, and `rowbackd run` reads every table anew.",
            "",
            "Exits with 0 if it is done, with 4 if it is not proven or this is not the same database; with 11 while",
            "rowbackd runs, with 13 if the server could not be reached.",
            "",
            "Examples:",
            "  LC_ALL=C pg_controldata OLD > old.txt         after pg_upgrade, OLD being the old server's data",
            "  pg_waldump -n 1 NEW/pg_wal/FILE > new.txt     FILE being the first one there",
            "  rowbackd adopt --old old.txt --new new.txt",
            "  rowbackd adopt --gap                          where these cannot be had"
        })
final class AdoptCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DatabaseOption database;

    @Option(names = "--old", paramLabel = "FILE", description = "What pg_controldata prints of the old server.")
    private @Nullable Path old;

    @Option(
            names = "--new",
            paramLabel = "FILE",
            description = "What pg_waldump prints of the first record of the new server's log.")
    private @Nullable Path made;

    @Option(names = "--gap", description = "Record a gap if it is not proven that nothing was written in between.")
    private boolean gap;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        DatabaseOption.Chosen chosen = database.read();
        Config.Database captured = chosen.database();
        Path store = chosen.store();
        Evidence evidence = new Evidence(
                Drained.find(store),
                Optional.ofNullable(old).map(AdoptCommand::text).map(ControlData::parse),
                Optional.ofNullable(made).map(AdoptCommand::text).map(FirstRecord::parse));
        Connections connections = new Connections(captured.connection(), "rowbackd adopt");
        TransactionId last = lastTransaction(store);
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store);
                Connection connection = connections.open()) {
            Adoption adoption = new Adoption(connections, connection, captured, writer);
            Optional<Gap> recorded = adoption.run(evidence, last, gap);
            Drained.forget(store);
            PrintWriter out = spec.commandLine().getOut();
            out.println("the history of " + captured.name() + " goes on with server "
                    + writer.info().systemIdentifier() + " from LSN "
                    + writer.info().durable());
            out.println(recorded.map(each -> "gap recorded: " + each).orElse("nothing is missing in between"));
            return ErrorCode.DONE.exitCode();
        } catch (SQLException e) {
            throw connections.explain("asking", e);
        }
    }

    /** The id of the last transaction that is held. */
    private static TransactionId lastTransaction(Path store) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            return Optional.ofNullable(reader.info().lastCommit())
                    .flatMap(reader::transaction)
                    .map(transaction -> transaction.id())
                    .orElse(new TransactionId(0));
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, "cannot read " + file, "`rowbackd adopt --help` tells what belongs there.", e);
        }
    }
}
