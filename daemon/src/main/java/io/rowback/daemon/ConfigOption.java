package io.rowback.daemon;

import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigReader;
import java.nio.file.Files;
import java.nio.file.Path;
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
        Path path = file == null && Files.exists(ConfigReader.DEFAULT_FILE) ? ConfigReader.DEFAULT_FILE : file;
        return ConfigReader.read(path, Main.environment());
    }
}
