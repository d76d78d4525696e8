package io.rowback.daemon;

import io.rowback.postgres.ConfigKey;
import io.rowback.postgres.Setting;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rowbackd config}. */
@Command(
        name = "config",
        description = "Prints the settings that hold, without secrets, and what set each.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The lines are a configuration file again. A password in a url is left out, and of what is set by the",
            "environment or by a systemd credential alone, a comment says that it is set.",
            "",
            "With --json one document a line: key, value (a text, a list of texts, null for a secret), secret,",
            "origin (default, file, credential, environment) and place (the file, the variable; null for a default).",
            "",
            "Exits with 2 if the configuration is wrong.",
            "",
            "Example:",
            "  rowbackd config --config rowback.toml"
        })
final class ConfigCommand implements Runnable {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ConfigOption config;

    @Option(names = "--json", description = "One JSON document a line.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        List<Setting> settings = config.settings();
        settings.forEach(setting -> out.println(json ? document(setting) : setting));
    }

    private static JsonLine document(Setting setting) {
        return new JsonLine()
                .put("key", setting.name())
                .put("value", value(setting))
                .put("secret", setting.secret())
                .put("origin", setting.origin().name().toLowerCase(Locale.ROOT))
                .put("place", setting.place().isEmpty() ? null : setting.place());
    }

    private static @Nullable Object value(Setting setting) {
        if (setting.secret()) {
            return null;
        }
        return setting.key().kind() == ConfigKey.Kind.LIST
                ? setting.values()
                : setting.values().get(0);
    }
}
