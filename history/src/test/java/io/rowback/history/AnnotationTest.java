package io.rowback.history;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnotationTest {
    @Test
    void objectIsReadByItsMembersInTheirOrder() {
        Annotation annotation =
                Annotation.of(" {\"user\": \"al\\nice\", \"n\": 1.50, \"none\": null, \"all\": [1, {\"a\": \"b\"}]}");

        assertThat(annotation.fields())
                .containsExactly(entry("user", "al\nice"), entry("n", "1.5"), entry("all", "[1,{\"a\":\"b\"}]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "by alice",
                "[1]",
                "\"user\"",
                "1",
                "{",
                "{}",
                "{\"user\": }",
                "{\"a\": 01}",
                "\u0000{",
                "{\"a\": 1} by alice",
                "{\"a\": 1}}"
            })
    void anyOtherTextHasNoFields(String content) {
        Annotation annotation = Annotation.of(content);

        assertThat(annotation.fields()).isEmpty();
        assertThat(annotation.content()).isEqualTo(content);
    }

    @Test
    void recordOfDdlNamesItsTable() {
        assertThat(Annotation.of("{\"ddl\": \"DROP TABLE\", \"table\": \"4294967295\"}")
                        .definedTable())
                .contains(new TableId(-1));
        for (String other :
                List.of("{\"table\": \"5\"}", "{\"ddl\": \"DROP TABLE\"}", "{\"ddl\": \"\", \"table\": \"-1\"}")) {
            assertThat(Annotation.of(other).definedTable()).isEmpty();
        }
    }

    @Test
    void depthAndLengthDoNoHarm() {
        assertThat(Annotation.of("{\"a\":" + "[".repeat(60_000)).fields()).isEmpty();
        assertThat(Annotation.of("{\"a\":" + "{\"a\":".repeat(9_000) + "1" + "}".repeat(9_001))
                        .fields())
                .isEmpty();
        assertThat(Annotation.of("{\"a\":" + "9".repeat(60_000) + "}").fields()).isEmpty();
        assertThat(Annotation.of("{\"a\":\"" + "9".repeat(60_000) + "\"}").fields())
                .containsOnlyKeys("a");
    }
}
