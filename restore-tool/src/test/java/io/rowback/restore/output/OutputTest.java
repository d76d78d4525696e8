package io.rowback.restore.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class OutputTest {
    @Test
    void whatIsSaidBesideTheResultIsReadBeforeAnyQuestion() {
        ByteArrayOutputStream screen = new ByteArrayOutputStream();
        PrintWriter err = new PrintWriter(new OutputStreamWriter(screen, StandardCharsets.UTF_8), true);
        new Output(new StringWriter(), err, false, false).note("12 rows");
        assertThat(screen.toString(StandardCharsets.UTF_8)).isEqualTo("12 rows\n");
    }
}
