package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "app",
                "my app",
                "a; echo pasted",
                "$(echo pasted)",
                "`id`",
                "it's",
                "\"q\" \\",
                "~",
                "*",
                "#a",
                "",
                "a\nb"
            })
    void aShellTakesItForOneWordAsItIs(String text) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", "printf '%s|' " + ShellWord.quote(text)).start();
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(text + "|");
    }

    @Test
    void whatNeedsNoQuotesHasNone() {
        assertThat(ShellWord.quote("/usr/share/rowback/annotate.sql")).isEqualTo("/usr/share/rowback/annotate.sql");
    }
}
