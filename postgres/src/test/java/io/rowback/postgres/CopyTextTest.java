package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ColumnValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CopyTextTest {
    @Test
    void everyEscapeReadsBackAsTheByteItStandsFor() {
        assertThat(row(1, "a\\b\\f\\n\\r\\t\\v\\\\z\n")).containsExactly(ColumnValue.of("a\b\f\n\r\t\u000B\\z"));
    }

    @Test
    void nullIsNotTheTextThatLooksLikeIt() {
        assertThat(row(3, "\\N\t\\\\N\t\n"))
                .containsExactly(ColumnValue.Special.NULL, ColumnValue.of("\\N"), ColumnValue.of(""));
    }

    @Test
    void charactersOfSeveralBytesPassUnchanged() {
        assertThat(row(2, "grün\t日本\uD83D\uDE00\n"))
                .containsExactly(ColumnValue.of("grün"), ColumnValue.of("日本\uD83D\uDE00"));
    }

    @Test
    void aByteThatIsNoCharacterIsNotKnown() {
        assertThat(new CopyText(1).row(new byte[] {(byte) 0xFF, '\n'})).containsExactly(ColumnValue.Special.UNKNOWN);
    }

    @Test
    void aLineIsReadAsTheRowItWasWrittenFor() {
        List<ColumnValue> row = List.of(
                ColumnValue.of("\\N"),
                ColumnValue.Special.NULL,
                ColumnValue.of(""),
                ColumnValue.of("a\b\f\n\r\t\u000B\\.\\z 日本\uD83D\uDE00"));
        assertThat(new CopyText(row.size()).row(CopyText.line(row))).isEqualTo(row);
        assertThatThrownBy(() -> CopyText.line(List.of(ColumnValue.Special.UNKNOWN)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void rowOfAnotherShapeIsRefused() {
        assertThatThrownBy(() -> row(2, "a\n")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> row(2, "a\tb\tc\n")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> row(1, "a\nb\n")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> row(1, "a")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> row(1, "a\\q\n")).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<ColumnValue> row(int columns, String line) {
        return new CopyText(columns).row(line.getBytes(StandardCharsets.UTF_8));
    }
}
