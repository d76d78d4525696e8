package io.rowback.restore.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyTextTest {
    private static final TableSchema USERS =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private static final TableSchema CODES =
            TableFixture.table("codes").column("code", "text").key("code").build();
    private static final TableSchema LINES = TableFixture.table("lines")
            .column("a", "integer")
            .column("b", "text")
            .key("a", "b")
            .build();

    @ParameterizedTest
    @CsvSource({"42, 42", "-42, -42", "id=-42, -42", "007, 7"})
    void integerKeysAreNumbers(String text, String value) {
        assertThat(KeyText.parse(text, USERS)).isEqualTo(RowKey.of(value));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"a,b | a,b", "it's | it's", "code=a=b | a=b", "code='a b' | a b"})
    void keyOfOneColumnIsTakenAsItStands(String text, String value) {
        assertThat(KeyText.parse(text, CODES)).isEqualTo(RowKey.of(value));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a=1,b=x | x",
                "b=x,a=1 | x",
                "1,x | x",
                "a=1,b='x,y' | x,y",
                "a=1,b='it''s' | it's",
                "a=1,b=p=q | p=q",
                "1,'a=2' | a=2",
            })
    void keyOfSeveralColumnsNamesThem(String text, String b) {
        RowKey key = RowKey.of("1", b);
        assertThat(KeyText.parse(text, LINES)).isEqualTo(key);
        assertThat(KeyText.parse(KeyText.format(key, LINES), LINES)).isEqualTo(key);
    }

    @Test
    void whatIsPrintedIsReadBack() {
        for (String b : new String[] {"", " ", "'", "','", "a=1,b=2", "x'y,", "'quoted'"}) {
            RowKey key = RowKey.of("1", b);
            assertThat(KeyText.parse(KeyText.format(key, LINES), LINES)).isEqualTo(key);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "a=1", "a=1,b=2,c=3", "a=1,a=2", "x,y"})
    void incompleteKeysAreRefused(String text) {
        assertThatThrownBy(() -> KeyText.parse(text, LINES)).isInstanceOf(RowbackException.class);
    }
}
