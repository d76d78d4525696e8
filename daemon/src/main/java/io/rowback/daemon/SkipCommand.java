package io.rowback.daemon;

import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rowbackd skip}. */
@Command(
        name = "skip",
        description = "Gives up a transaction that the server cannot decode, while rowbackd does not run.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Some transactions cannot be sent by the server, for instance one with a row that takes more than",
            "1 GB as text, or not be taken in, since a row does not fit into the heap; and no later one comes before",
            "they do. rowbackd then ends and names the LSN. Skipping",
            "records a gap from what is held up to and including that LSN; the next `rowbackd run` goes on behind",
            "it and reads every table anew. What else changed in the gap is not known.",
            "",
            "Exits with 4 if there is nothing to skip at the LSN, with 11 while rowbackd runs.",
            "",
            "Examples:",
            "  rowbackd skip 0/16B3748 --config rowback.toml",
            "  rowbackd skip 0/16B3748 --db app      where several databases are captured"
        })
final class SkipCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DatabaseOption database;

    @Parameters(index = "0", paramLabel = "LSN", description = "As the log of rowbackd names it.")
    @SuppressWarnings("NullAway.Init")
    private String lsn;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        DatabaseOption.Chosen chosen = database.read();
        Config.Database captured = chosen.database();
        Lsn last = parse(lsn);
        Path store = chosen.store();
        if (!RocksHistoryReader.isStore(store)) {
            throw new RowbackException(
                    ErrorCode.NO_STORE, "there is no store in " + store, "rowbackd run makes it when it first runs.");
        }
        Connections connections = new Connections(captured.connection(), "rowbackd skip");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store);
                Connection connection = connections.open()) {
            Gap gap = new StartPosition(connections, connection, captured, writer).skip(last);
            spec.commandLine().getOut().println("gap recorded: " + gap);
            return ErrorCode.DONE.exitCode();
        } catch (SQLException e) {
            throw connections.explain("asking", e);
        }
    }

    private static Lsn parse(String text) {
        try {
            return Lsn.parse(text);
        } catch (IllegalArgumentException e) {
            throw new RowbackException(ErrorCode.USAGE, "not an LSN: " + text, "It looks like 0/16B3748.", e);
        }
    }
}
