package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.history.Column;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Columns of the stream and their numbers. A table is written as its columns with their numbers, the stream's as names;
 * every column is text, but those of names with a digit.
 */
class ColumnNumbersTest {
    private static final int NOBODYS = ColumnNumbers.MAX;

    @Test
    void columnsThatAreThereBeforeAndAfterAreThereBetweenWhateverTheirNames() {
        // Two names that are exchanged and exchanged back.
        assertCertain(numbers("id b a", "id=1 a=2 b=3", "id=1 a=2 b=3"), 1, 2, 3);
        assertCertain(numbers("id other b", "id=1 a=2 b=3", "id=1 a=2 b=3"), 1, 2, 3);
        // A number is dropped, all others are there.
        assertCertain(numbers("id a b", "id=1 a=2 b=3", "id=1 c=3"), 1, 2, 3);
    }

    @Test
    void columnThatComesAndGoesBesideOneThatIsCalledOtherwiseMeanwhile() {
        assertCertain(numbers("id other a", "id=1 a=2", "id=1 a=2", 3), 1, 2, 3);
    }

    @Test
    void columnThatWasAddedAndDroppedAndAddedAgainIsNotTakenForTheLastOne() {
        ColumnNumbers numbers = numbers("id b a", "id=1 a=2 b=3", "id=1 b=3 a=5", 4);

        assertThat(numbers.areCertain()).isFalse();
        assertThat(numbers.numbers()).containsExactly(1, 3, 4);
        // What a column was before is told by the order.
        assertCertain(numbers("id a b", "id=1 a=2 b=3", "id=1 b=3 a=5", 4), 1, 2, 3);
    }

    @Test
    void columnThatMayBeOneThatIsGoneIsThat() {
        ColumnNumbers numbers = numbers("id a", "id=1 a=2", "id=1 a=3");

        assertThat(numbers.areCertain()).isFalse();
        assertThat(numbers.numbers()).containsExactly(1, 2);
        assertCertain(numbers("id a", "id=1 a=3", "id=1 a=3"), 1, 3);
    }

    @Test
    void columnThatMayBeEitherOfTwoThatThereAreIsNeither() {
        // The first was dropped, the second given its name and a third that of the second; or that is yet to come.
        ColumnNumbers numbers = numbers("id a b", "id=1 a=2 b=3", "id=1 a=3 b=4");

        assertThat(numbers.areCertain()).isFalse();
        assertThat(numbers.numbers()).containsExactly(1, 2, NOBODYS + 3);
    }

    @Test
    void typesTellColumnsApart() {
        assertCertain(numbers("id a1 b", "id=1 a1=2 b=3", "id=1 a=2 b=3 a1=4"), 1, 2, 3);
        assertCertain(numbers("id x b", "id=1 a1=2 b=3", "id=1 x=4 b=5"), 1, 4, 5);
    }

    @Test
    void namesCountWhereTheTableIsGone() {
        ColumnNumbers gone = numbers("id b", "id=1 a=2 b=3", null);
        ColumnNumbers altered = numbers("id a c", "id=1 a=2", null);

        assertCertain(gone, 1, 3);
        assertThat(altered.numbers()).containsExactly(1, 2, NOBODYS + 3);
    }

    private static void assertCertain(ColumnNumbers numbers, Integer... expected) {
        assertThat(numbers.numbers()).containsExactly(expected);
        assertThat(numbers.areCertain()).isTrue();
    }

    private static ColumnNumbers numbers(
            String stream, @Nullable String last, @Nullable String now, Integer... vanished) {
        List<RelationColumn> columns = Stream.of(stream.split(" "))
                .map(name -> new RelationColumn(name.equals("id"), name, typeOid(name), -1))
                .toList();
        List<String> types = columns.stream()
                .map(column -> Integer.toString(column.typeOid()))
                .toList();
        return new ColumnNumbers(columns, types, table(last), table(now), List.of(vanished));
    }

    private static int typeOid(String name) {
        return name.chars().anyMatch(Character::isDigit) ? 23 : 25;
    }

    private static @Nullable TableSchema table(@Nullable String text) {
        if (text == null) {
            return null;
        }
        List<Column> columns = Stream.of(text.split(" "))
                .map(column -> column.split("="))
                .map(column -> column(column[0], Integer.parseInt(column[1])))
                .toList();
        return new TableSchema(
                new TableId(1),
                new TableName("public", "t"),
                columns,
                List.of("id"),
                ReplicaIdentity.DEFAULT,
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static Column column(String name, int number) {
        int type = typeOid(name);
        return new Column(
                name, number, type, Integer.toString(type), false, Column.Identity.NONE, false, true, null, true);
    }
}
