package io.rowback.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PackedValuesTest {
    private static final List<ColumnValue> VALUES = List.of(
            ColumnValue.of(""),
            ColumnValue.Special.NULL,
            ColumnValue.of("größe"),
            ColumnValue.Special.UNKNOWN,
            ColumnValue.of("x".repeat(70_000)));

    @Test
    void valuesAreWhatWasPackedOneByOneAndInTurn() {
        PackedValues packed = PackedValues.of(VALUES);
        assertThat(packed).isEqualTo(VALUES).hasSize(VALUES.size());
        assertThat(packed.hashCode()).isEqualTo(VALUES.hashCode());
        assertThat(List.copyOf(packed)).isEqualTo(VALUES);
        for (int i = 0; i < VALUES.size(); i++) {
            assertThat(packed.get(i)).isEqualTo(VALUES.get(i));
        }
        assertThatThrownBy(() -> packed.get(VALUES.size())).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void oneThatIsUnknownIsFoundWithoutReadingTheOthers() {
        assertThat(PackedValues.of(VALUES).known()).isFalse();
        assertThat(PackedValues.of(VALUES.subList(0, 3)).known()).isTrue();
        assertThat(PackedValues.of(List.<ColumnValue>of()).known()).isTrue();
    }

    /** A "char" above 127 in the stream of an old server, of which no text can be told. */
    @Test
    void aByteThatIsNoTextIsUnknown() {
        assertThat(PackedValues.of(new byte[] {4, (byte) 0x80, 0}, 2))
                .containsExactly(ColumnValue.Special.UNKNOWN, ColumnValue.Special.NULL);
        assertThat(PackedValues.of(new byte[] {4, (byte) 0x80, 0}, 2).known()).isFalse();
        assertThat(PackedValues.of(new byte[] {5, (byte) 0xC3, (byte) 0xBC}, 1).known())
                .isTrue();
    }
}
