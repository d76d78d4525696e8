package io.rowback.daemon;

import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import io.rowback.postgres.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that every command has. */
final class ConfigOption {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = {
                "Configuration; default /etc/rowback/rowback.toml if it is there.",
                "Every key can also be set in the environment: ROWBACK_DATABASES_APP_URL."
            })
    private @Nullable Path file;

    Config read() {
        return ConfigReader.read(path(), Main.environment());
    }

    /** What each key is set to and by what. */
    List<Setting> settings() {
        return ConfigReader.settings(path(), Main.environment());
    }

    private @Nullable Path path() {
        return file == null && Files.exists(ConfigReader.DEFAULT_FILE) ? ConfigReader.DEFAULT_FILE : file;
    }
}
