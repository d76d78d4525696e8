package io.rowback.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.TableForm.ColumnForm;
import io.rowback.history.TableForm.TypeForm;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableFormTest {
    private static final ColumnForm ID = new ColumnForm(1, "23 -1", "700");
    private static final ColumnForm A = new ColumnForm(2, "25 -1", "700");
    private static final TypeForm MOOD = new TypeForm(16400, List.of("16402 sad", "16404 fine"));
    private static final TypeForm PAIR = new TypeForm(16410, List.of("1 2"));
    private static final TableForm BEFORE = form(1, List.of(ID, A), MOOD, PAIR);

    @Test
    void columnWrittenIntoAnotherFileWithTheSameTypeWasComputedAnew() {
        ColumnForm again = new ColumnForm(2, "25 -1", "701");
        assertThat(form(2, List.of(ID, again), MOOD, PAIR).tellsOtherwiseThan(BEFORE))
                .isTrue();
        assertThat(form(1, List.of(ID, again), MOOD, PAIR).tellsOtherwiseThan(BEFORE))
                .as("SET NOT NULL, say")
                .isFalse();
        assertThat(form(2, List.of(ID, A), MOOD, PAIR).tellsOtherwiseThan(BEFORE))
                .as("VACUUM FULL, say")
                .isFalse();
    }

    @Test
    void columnOfAnotherTypeOrThatCameOrWentIsLeftToTheSchema() {
        for (List<ColumnForm> columns : List.of(
                List.of(ID, new ColumnForm(2, "23 -1", "701")),
                List.of(ID, A, new ColumnForm(3, "25 -1", "701")),
                List.of(ID))) {
            assertThat(form(2, columns, MOOD, PAIR).tellsOtherwiseThan(BEFORE)).isFalse();
        }
    }

    @Test
    void labelThatIsCalledOtherwiseIsPrintedOtherwiseAndOneMoreChangesNothing() {
        TypeForm renamed = new TypeForm(MOOD.oid(), List.of("16402 blue", "16404 fine"));
        TypeForm more = new TypeForm(MOOD.oid(), List.of("16402 sad", "16403 better", "16404 fine"));
        assertThat(form(1, List.of(ID, A), renamed, PAIR).tellsOtherwiseThan(BEFORE))
                .isTrue();
        assertThat(form(1, List.of(ID, A), more, PAIR).tellsOtherwiseThan(BEFORE))
                .isFalse();
    }

    @Test
    void compositeTypeWithMoreOrFewerAttributesIsPrintedOtherwise() {
        for (String attributes : List.of("1 2 3", "1", "")) {
            TypeForm altered = new TypeForm(PAIR.oid(), List.of(attributes));
            assertThat(form(1, List.of(ID, A), MOOD, altered).tellsOtherwiseThan(BEFORE))
                    .isTrue();
        }
    }

    @Test
    void typeThatNoColumnHasAnyMoreOrThatCameDoesNotCount() {
        assertThat(form(1, List.of(ID)).tellsOtherwiseThan(BEFORE)).isFalse();
        assertThat(BEFORE.tellsOtherwiseThan(form(1, List.of(ID, A)))).isFalse();
    }

    @Test
    void anotherFileAndTheSameToastTableIsNoWayThroughAnUnloggedTable() {
        assertThat(of(2, 8).mayHaveBeenUnloggedSince(of(1, 7))).isTrue();
        assertThat(of(2, 0).mayHaveBeenUnloggedSince(of(1, 0)))
                .as("cannot be told apart from TRUNCATE")
                .isTrue();
        assertThat(of(2, 7).mayHaveBeenUnloggedSince(of(1, 7)))
                .as("VACUUM FULL or TRUNCATE")
                .isFalse();
        assertThat(of(1, 7).mayHaveBeenUnloggedSince(of(1, 0)))
                .as("a column came that may be long")
                .isFalse();
    }

    private static TableForm of(long file, long toast) {
        return new TableForm(new TableId(16390), file, toast, List.of(ID, A), List.of());
    }

    private static TableForm form(long file, List<ColumnForm> columns, TypeForm... types) {
        return new TableForm(new TableId(16390), file, 0, columns, List.of(types));
    }
}
