package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.history.Column;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A table's schema at the moment of a change, from what the stream says of then and the catalog of now. */
class RelationSchemaTest {
    private static final int OID = 16_385;
    private static final int DROPPED = 2;

    @Test
    void columnsHaveTheNumbersAndFactsOfTheCatalog() {
        TableSchema facts = facts(List.of("id"), fact(1, "id", "bigint"), fact(3, "a", "text"));

        assertThat(schema(relation(key("id"), plain("a")), List.of("bigint", "text"), facts, DROPPED))
                .isEqualTo(facts);
    }

    @Test
    void columnThatWasRenamedSinceKeepsItsNumber() {
        TableSchema facts = facts(List.of("id"), fact(1, "id", "bigint"), fact(2, "renamed", "text"));

        assertThat(columns(schema(relation(key("id"), plain("a")), List.of("bigint", "text"), facts)))
                .containsExactly("1 id bigint", "2 a text");
    }

    @Test
    void columnThatWasDroppedSinceHasItsNumberAndTheStreamsType() {
        TableSchema facts = facts(List.of("id"), fact(1, "id", "bigint"), fact(3, "last", "text"));

        TableSchema then = schema(
                relation(key("id"), plain("gone"), plain("last")),
                List.of("bigint", "integer", "text"),
                facts,
                DROPPED);

        assertThat(columns(then)).containsExactly("1 id bigint", "2 gone integer", "3 last text");
    }

    @Test
    void columnThatCameLaterIsNotInIt() {
        TableSchema facts = facts(List.of("id"), fact(1, "id", "bigint"), fact(2, "late", "text"));

        assertThat(columns(schema(relation(key("id")), List.of("bigint"), facts)))
                .containsExactly("1 id bigint");
    }

    @Test
    void typeIsThatOfTheStream() {
        TableSchema facts = facts(List.of("id"), fact(1, "id", "bigint"), fact(2, "a", "numeric(10,2)"));

        assertThat(columns(schema(relation(key("id"), plain("a")), List.of("bigint", "integer"), facts)))
                .containsExactly("1 id bigint", "2 a integer");
    }

    @Test
    void generatedColumnThatTheStreamDoesNotCarryIsThereUnpublished() {
        Column generated = new Column("twice", 2, 23, "integer", false, Column.Identity.NONE, true, true, null, true);
        TableSchema facts = facts(List.of("id"), fact(1, "id", "bigint"), generated, fact(3, "a", "text"));

        TableSchema then = schema(relation(key("id"), plain("a")), List.of("bigint", "text"), facts);

        assertThat(columns(then)).containsExactly("1 id bigint", "2 twice integer", "3 a text");
        assertThat(then.columns().get(1).published()).isFalse();
    }

    @Test
    void keyIsWhatTheStreamFlagsAndInTheCatalogsOrderWhereThatIsTheSame() {
        TableSchema facts = facts(List.of("b", "a"), fact(1, "a", "text"), fact(2, "b", "text"), fact(3, "c", "text"));
        List<String> types = List.of("text", "text", "text");

        assertThat(schema(relation(key("a"), key("b"), plain("c")), types, facts)
                        .key())
                .containsExactly("b", "a");
        assertThat(schema(relation(plain("a"), plain("b"), key("c")), types, facts)
                        .key())
                .containsExactly("c");
    }

    @Test
    void keyUnderFullIdentityIsTheCatalogsUnderTheNamesOfThen() {
        TableSchema facts = facts(List.of("renamed"), fact(1, "renamed", "bigint"), fact(2, "a", "text"));
        Relation full = new Relation(OID, "public", "t", ReplicaIdentity.FULL, List.of(key("id"), key("a")));

        assertThat(schema(full, List.of("bigint", "text"), facts).key()).containsExactly("id");
    }

    private static TableSchema schema(Relation relation, List<String> types, TableSchema facts, Integer... dropped) {
        List<Integer> numbers = new ColumnNumbers(relation.columns(), types, null, facts, List.of(dropped)).numbers();
        return new RelationSchema(relation, types, facts, numbers).schema().orElseThrow();
    }

    private static List<String> columns(TableSchema schema) {
        return schema.columns().stream()
                .map(column -> column.attnum() + " " + column.name() + " " + column.type())
                .toList();
    }

    private static Relation relation(RelationColumn... columns) {
        return new Relation(OID, "public", "t", ReplicaIdentity.DEFAULT, List.of(columns));
    }

    private static RelationColumn key(String name) {
        return new RelationColumn(true, name, 25, -1);
    }

    private static RelationColumn plain(String name) {
        return new RelationColumn(false, name, 25, -1);
    }

    private static Column fact(int attnum, String name, String type) {
        return new Column(name, attnum, 25, type, false, Column.Identity.NONE, false, true, null, true);
    }

    private static TableSchema facts(List<String> key, Column... columns) {
        return new TableSchema(
                new TableId(OID),
                new TableName("public", "t"),
                List.of(columns),
                key,
                ReplicaIdentity.DEFAULT,
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }
}
