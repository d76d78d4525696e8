package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.drill.Drill;
import io.rowback.restore.drill.DrillReport;
import io.rowback.restore.drill.EmbeddedServer;
import io.rowback.restore.drill.ScratchDatabase;
import io.rowback.restore.output.DrillPrinter;
import io.rowback.restore.output.Output;
import io.rowback.restore.query.PointInTime;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rowback drill}. */
@Command(
        name = "drill",
        description = {
            "Tries whether rows come back. Makes damage of the history anew in a scratch database, has the SQL executed there"
                    + " that restore writes, and compares every row byte for byte with what it was to be.",
            "",
            "Exit status 0: every row that was drawn came back. 3: some did not or could not be tried; each is listed."
                    + " The scratch database holds copies of real rows meanwhile, and is empty again afterwards."
        },
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback drill --scratch embedded                   20 rows, on a server of its own",
            "  rowback drill --scratch postgresql://drill@db2/scratch --rows 100",
            "  rowback drill --scratch embedded --seed 4711 --json",
            "  rowback drill --scratch embedded --tx 745          would this transaction's damage be mended?"
        })
final class DrillCommand extends StoreCommand {
    private static final String EMBEDDED = "embedded";
    private static final String PASSWORD = "ROWBACK_SCRATCH_PASSWORD";
    private static final String PROGRAMS = "ROWBACK_POSTGRES_BIN";

    @Option(
            names = "--scratch",
            paramLabel = "URL",
            required = true,
            description = "An empty database, in libpq's or JDBC's form; the password comes from ~/.pgpass or from "
                    + PASSWORD
                    + ". Or " + EMBEDDED
                    + ": a server is started for the drill, of the newest Postgres that is installed here"
                    + " or of the programs in the folder " + PROGRAMS + ".")
    private String scratch;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "20",
            description = "Draw so many updated or deleted rows, of each table as many. Default: ${DEFAULT-VALUE}.")
    private int rows;

    @Option(names = "--seed", paramLabel = "N", description = "Draw as a drill did that named this seed.")
    private @Nullable Long seed;

    @Option(names = "--tx", paramLabel = "XID", description = "Undo this transaction instead of drawing rows.")
    private @Nullable Long xid;

    @SuppressWarnings("NullAway.Init") // picocli sets the options before it calls the command
    DrillCommand() {}

    @Override
    void checkArguments() {
        if (rows < 1) {
            throw usage("--rows must be 1 or more", "Leave it out for 20.");
        }
        if (xid != null && seed != null) {
            throw usage("--seed and --tx exclude each other", "A transaction is not drawn.");
        }
    }

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        if (!scratch.equals(EMBEDDED)) {
            return run(reader, output, TargetOptions.settings(root(), "--scratch", scratch, PASSWORD));
        }
        String named = root().environment(PROGRAMS);
        Path programs = Optional.ofNullable(named)
                .map(Path::of)
                .or(EmbeddedServer::installed)
                .orElseThrow(() -> new RowbackException(
                        ErrorCode.FAILED,
                        "no Postgres is installed in /usr/lib/postgresql or /usr/pgsql-*",
                        "Install one, name its folder bin in the environment as " + PROGRAMS
                                + ", or give a database by --scratch URL."));
        try (EmbeddedServer server = EmbeddedServer.start(programs)) {
            return run(reader, output, server.settings());
        }
    }

    private ErrorCode run(RocksHistoryReader reader, Output output, ConnectionSettings settings) {
        Connections connections = new Connections(settings, "rowback");
        try (ScratchDatabase database = ScratchDatabase.open(connections, reader.info())) {
            Drill drill = new Drill(reader, database);
            DrillReport report = xid == null
                    ? drill.rows(rows, seed == null ? new SplittableRandom().nextInt(Integer.MAX_VALUE) : seed)
                    : drill.transaction(PointInTime.transaction(reader, xid));
            new DrillPrinter(output).print(report);
            return report.isWhole() ? ErrorCode.DONE : ErrorCode.PARTIAL;
        }
    }
}
