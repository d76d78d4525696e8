package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ColumnValue;
import org.junit.jupiter.api.Test;

final class LiteralsTest {
    @Test
    void quotesAreDoubledAndBackslashesAreThemselves() {
        assertThat(Literals.quote("O'Neil \\ $$ 'x")).isEqualTo("'O''Neil \\ $$ ''x'");
    }

    @Test
    void textOfSeveralLinesStaysReadable() {
        assertThat(Literals.quote("one\n\ttwo")).isEqualTo("'one\n\ttwo'");
    }

    @Test
    void hiddenCharactersAreVisible() {
        assertThat(Literals.quote("a\r\nb\\'\u001b[31m\u202e")).isEqualTo("E'a\\r\nb\\\\''\\u001b[31m\\u202e'");
    }

    @Test
    void nullAndTextAreNotConfused() {
        assertThat(Literals.value(ColumnValue.Special.NULL)).isEqualTo("NULL");
        assertThat(Literals.value(ColumnValue.of("NULL"))).isEqualTo("'NULL'");
        assertThat(Literals.typed("1.50", "numeric(4,2)")).isEqualTo("'1.50'::numeric(4,2)");
    }

    @Test
    void unknownValueHasNoLiteral() {
        assertThatThrownBy(() -> Literals.value(ColumnValue.Special.UNKNOWN))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void commentsStayOnOneLine() {
        assertThat(PrintableText.oneLine("a\nb\u2028c\u0007")).isEqualTo("a\\nb\\u2028c\\u0007");
    }
}
