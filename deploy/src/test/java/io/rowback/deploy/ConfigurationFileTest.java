package io.rowback.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.postgres.ConfigKey;
import io.rowback.postgres.ConfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationFileTest {
    @Test
    void everyKeyStandsInItButSecrets() {
        List<String> keys = new ArrayList<>();
        String table = "";
        for (String line : active().lines().toList()) {
            if (line.startsWith("[")) {
                table = line.substring(1, line.length() - 1);
            } else if (line.matches("\\w+ = .*")) {
                keys.add(table + "." + line.substring(0, line.indexOf(' ')));
            }
        }
        assertThat(keys)
                .containsExactlyElementsOf(Arrays.stream(ConfigKey.values())
                        .filter(key -> key.kind() != ConfigKey.Kind.SECRET)
                        .map(key -> key.of("app"))
                        .toList());
    }

    @Test
    void whatStandsBehindAKeyIsItsDefault(@TempDir Path folder) throws IOException {
        Path all = Files.writeString(folder.resolve("all.toml"), active());
        Path least = Files.writeString(
                folder.resolve("least.toml"), "[databases.app]\nurl = \"" + ConfigurationFile.URL + "\"\n");

        assertThat(ConfigReader.read(all, Map.of()).toString())
                .isEqualTo(ConfigReader.read(least, Map.of()).toString());
    }

    @Test
    void nothingInItIsInForceAndNoLineIsLong() {
        assertThat(ConfigurationFile.text().lines())
                .allMatch(line -> line.isEmpty() || line.startsWith("#") || line.matches("\\[[a-z]+]"))
                .allMatch(line -> line.length() <= 120);
    }

    /** The file with every key in force. */
    private static String active() {
        return ConfigurationFile.text().replaceAll("(?m)^#(?=[\\w\\[])", "");
    }
}
