package io.rowback.daemon;

import io.rowback.postgres.Config;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of a command that concerns one database. */
final class DatabaseOption {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption config;

    @Option(names = "--db", paramLabel = "NAME", description = "The database; needed only where several are captured.")
    private @Nullable String name;

    /** A configured database and the folder of its store, which need not be there. */
    record Chosen(Config.Database database, Path store) {}

    Chosen read() {
        Config all = config.read();
        Config.Database database = all.database(name);
        return new Chosen(database, all.store(database.name()));
    }
}
