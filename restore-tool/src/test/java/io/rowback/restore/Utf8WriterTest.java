package io.rowback.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class Utf8WriterTest {
    private static final String FACE = "\uD83D\uDE00";

    @Test
    void charactersOfTwoHalvesStayWhole() throws IOException {
        for (int before = 0; before < 3; before++) {
            String text = "x".repeat(before) + FACE.repeat(100_000) + "é";
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (Utf8Writer writer = new Utf8Writer(out)) {
                writer.append(text).append(text, 0, before + 2).append('z');
            }
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(text + "x".repeat(before) + FACE + "z");
        }
    }
}
