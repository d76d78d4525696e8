package io.rowback.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowKeyTest {
    @Test
    void integersAreOrderedByValueThenUuidsThenTextByBytes() {
        List<RowKey> ordered = List.of(
                RowKey.of("-9223372036854775808"),
                RowKey.of("-10"),
                RowKey.of("-9"),
                RowKey.of("0"),
                RowKey.of("9"),
                RowKey.of("9", "1"),
                RowKey.of("10"),
                RowKey.of("9223372036854775807"),
                RowKey.of("00000000-0000-0000-0000-000000000001"),
                RowKey.of("ffffffff-0000-0000-0000-000000000001"),
                RowKey.of(""),
                RowKey.of("Z"),
                RowKey.of("a"),
                RowKey.of("ab"),
                RowKey.of("é"),
                RowKey.of("\uFFFD"),
                RowKey.of("\uD83D\uDE00"));
        List<RowKey> shuffled = new ArrayList<>(ordered);
        Collections.shuffle(shuffled, new Random(1));

        assertThat(shuffled.stream().sorted()).containsExactlyElementsOf(ordered);
    }

    @Test
    void onlyTheCanonicalTextOfANumberCountsAsInteger() {
        for (String text : List.of(
                "",
                "-",
                "-0",
                "007",
                "+1",
                "1.0",
                "1e3",
                " 1",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999")) {
            assertThat(KeyForm.of(bytes(text))).as(text).isEqualTo(KeyForm.TEXT);
        }
        for (long value :
                new long[] {0, -1, 7, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1, 1_000_000_000_000_000_000L}) {
            byte[] text = bytes(Long.toString(value));
            assertThat(KeyForm.of(text)).isEqualTo(KeyForm.INTEGER);
            assertThat(KeyForm.integer(text)).isEqualTo(value);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
