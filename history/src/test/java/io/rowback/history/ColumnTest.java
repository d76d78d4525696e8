package io.rowback.history;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnTest {
    @ParameterizedTest
    @CsvSource({
        "public.shape, maps.shape, true",
        "public.shape, shape, true",
        "'public.shape(Point,4326)', 'maps.\"my (shape\"\"\"(Point,4326)', true",
        "'public.shape(Point,4326)', 'public.shape(Polygon,4326)', false",
        "'public.shape(Point,4326)', public.shape, false",
        "'public.shape(2)[]', 'public.shape(3)[]', false",
    })
    void typeOfPeopleIsTheSameUnderAnotherNameAndNotWithAnotherModifier(String one, String other, boolean same) {
        assertThat(column(1, 16_384, one).isSameAs(column(1, 16_384, other))).isEqualTo(same);
        assertThat(column(1, 16_384, one).isSameAs(column(1, 16_385, other))).isFalse();
        assertThat(column(1, 16_384, one).isSameAs(column(2, 16_384, other))).isFalse();
        assertThat(column(1, 16_383, one).isSameAs(column(1, 16_383, other)))
                .as("whose names stand for themselves")
                .isFalse();
    }

    @Test
    void typeOfTheSameNameIsTheSameWhateverItsNumber() {
        assertThat(column(1, 16_384, "public.mood").isSameAs(column(1, 20_000, "public.mood")))
                .isTrue();
        assertThat(column(1, 16_384, "public.mood").isSameAs(column(2, 16_384, "public.mood")))
                .isFalse();
    }

    private static Column column(int attnum, int typeOid, String type) {
        return new Column("c", attnum, typeOid, type, false, Column.Identity.NONE, false, true, null, true);
    }
}
