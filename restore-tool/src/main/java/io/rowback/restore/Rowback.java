package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root of the command line and the options that every command has. */
@Command(
        name = "rowback",
        description =
                "Tells what happened to the rows of a PostgreSQL database and writes the SQL that puts them back.",
        synopsisSubcommandLabel = "COMMAND",
        version = "rowback 0.1.0",
        scope = ScopeType.INHERIT,
        sortOptions = false,
        optionListHeading = "%nOPTIONS%n",
        parameterListHeading = "%n",
        commandListHeading = "%nCOMMANDS%n")
final class Rowback {
    /** The commands, in the order in which the help lists them. */
    static final List<Class<?>> COMMANDS = List.of(
            StatusCommand.class,
            TablesCommand.class,
            HistoryCommand.class,
            ShowCommand.class,
            TransactionsCommand.class,
            SequencesCommand.class,
            RestoreCommand.class,
            VerifyCommand.class,
            DrillCommand.class,
            DoctorCommand.class,
            CompletionCommand.class);

    private final Map<String, String> environment;
    private final Writer out;
    private final Appendable err;
    private final Interruption interruption;

    @Option(
            names = "--store",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description =
                    "The store's folder, or the folder above with one store per database. Environment: ROWBACK_STORE.")
    private @Nullable Path store;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "The configuration that names the store. Default: /etc/rowback/rowback.toml.")
    private @Nullable Path config;

    @Option(
            names = "--db",
            paramLabel = "NAME",
            scope = ScopeType.INHERIT,
            description = "The database; needed only where several are captured.")
    private @Nullable String database;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Answer in JSON, one document a line.")
    private boolean json;

    @Option(names = "--quiet", scope = ScopeType.INHERIT, description = "Leave out notes and summaries.")
    private boolean quiet;

    Rowback(Map<String, String> environment, Writer out, Appendable err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.interruption = new Interruption(new Output(out, err, false, false));
    }

    /** The command of that name. */
    static Optional<Class<?>> command(String name) {
        return COMMANDS.stream()
                .filter(command -> command.getAnnotation(Command.class).name().equals(name))
                .findFirst();
    }

    /** Where the command's answer goes. */
    Output output() {
        return new Output(out, err, json, quiet);
    }

    /** How far long work is, for somebody who watches. */
    Progress progress() {
        return new Progress(err, !json && !quiet && Terminal.takesErrors(), System::nanoTime);
    }

    /** What Ctrl-C does while a database is written to. */
    Interruption interruption() {
        return interruption;
    }

    /**
     * The folder of the store that the command line means.
     *
     * @throws RowbackException of code USAGE if that cannot be told
     */
    Path store() {
        if (store != null && config != null) {
            throw new RowbackException(ErrorCode.USAGE, "--store and --config exclude each other", "Name one of them.");
        }
        Path named = store == null && config == null && environment.containsKey("ROWBACK_STORE")
                ? Path.of(environment.get("ROWBACK_STORE"))
                : store;
        return named == null ? configured() : within(named);
    }

    private Path configured() {
        Config read = configuration();
        return read.store(read.database(database).name());
    }

    /** What the configuration file and the environment say. */
    Config configuration() {
        Path file = config;
        if (file == null && Files.exists(ConfigReader.DEFAULT_FILE)) {
            file = ConfigReader.DEFAULT_FILE;
        }
        if (file == null && environment.keySet().stream().noneMatch(name -> name.startsWith("ROWBACK_DATABASES_"))) {
            throw new RowbackException(
                    ErrorCode.NO_STORE,
                    "no store is named and there is no " + ConfigReader.DEFAULT_FILE,
                    "Name the store with --store DIR or the configuration with --config FILE.");
        }
        return ConfigReader.read(file, environment);
    }

    /** The options of the daemon's program that mean the same as those given. */
    List<String> daemonOptions() {
        if (store != null) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "--store says nothing of the database to look at",
                    "Name the configuration with --config FILE.");
        }
        List<String> options = new ArrayList<>();
        if (config != null) {
            options.addAll(List.of("--config", config.toString()));
        }
        if (database != null) {
            options.addAll(List.of("--db", database));
        }
        if (json) {
            options.add("--json");
        }
        return options;
    }

    /** A variable of the environment, null if it is not set. */
    @Nullable
    String environment(String variable) {
        return environment.get(variable);
    }

    /** The store in a folder: the folder itself, or the one below it that is meant. */
    private Path within(Path folder) {
        if (RocksHistoryReader.isStore(folder)) {
            return folder;
        }
        if (database != null) {
            return folder.resolve(database);
        }
        List<Path> stores = storesBelow(folder);
        if (stores.size() > 1) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    folder + " holds several stores",
                    "Name one with --db: "
                            + String.join(
                                    ", ",
                                    stores.stream()
                                            .map(path -> path.getFileName() + "")
                                            .toList()) + ".");
        }
        return stores.isEmpty() ? folder : stores.get(0);
    }

    private static List<Path> storesBelow(Path folder) {
        // What it means that it is closed to us is told when the store is opened.
        if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
            return List.of();
        }
        try (Stream<Path> below = Files.list(folder)) {
            return below.filter(RocksHistoryReader::isStore).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
