package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {
    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path file;

    @BeforeEach
    void writeConfiguration() throws IOException {
        file = Files.writeString(
                folder.resolve("rowback.toml"),
                "[databases.app]\nurl = 'postgresql://r:hidden@h/d'\nwal_limit = '1GB'\n");
    }

    @Test
    void settingsArePrintedAsTheFileHasThemWithWhatSetEach() {
        assertThat(run(0, "config", "--config", file.toString()).lines())
                .contains(
                        "databases.app.url = \"postgresql://r@h/d\"  # " + file,
                        "databases.app.include = [\"*.*\"]  # default",
                        "databases.app.wal_limit = \"1GB\"  # " + file);
    }

    @Test
    void jsonIsWhatTheHelpPromises() {
        assertThat(run(0, "config", "--json", "--config", file.toString()).lines())
                .contains(
                        "{\"key\":\"databases.app.url\",\"value\":\"postgresql://r@h/d\",\"secret\":false,\"origin\":\"file\",\"place\":\""
                                + file + "\"}",
                        "{\"key\":\"databases.app.include\",\"value\":[\"*.*\"],\"secret\":false,\"origin\":\"default\",\"place\":null}");
    }

    @Test
    void wrongConfigurationIsAMatterOfUsage() {
        assertThat(run(2, "config", "--config", folder.resolve("none.toml").toString()))
                .isEmpty();
    }

    private static String run(int status, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertThat(Main.execute(arguments, new PrintWriter(out, true), new PrintWriter(err, true)))
                .isEqualTo(status);
        return out.toString();
    }
}
