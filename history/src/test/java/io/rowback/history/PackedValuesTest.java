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
}
