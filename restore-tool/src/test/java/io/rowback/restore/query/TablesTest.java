package io.rowback.restore.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TablesTest {
    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);

    private void table(String schema, String name) {
        life.baseline(TableFixture.table(schema, name)
                .column("id", "bigint")
                .key("id")
                .build());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "users | public | users",
                "Users | public | Users",
                "USERS2 | public | users2",
                "shop.users | shop | users",
                "\"My Table\" | public | My Table",
                "My Table | public | My Table",
                "\"s.1\".\"a.b\" | s.1 | a.b",
                "\"a\"\"b\" | public | a\"b",
                "a\"b | public | a\"b",
                "orders | shop | orders",
            })
    void namesAreFoundAsTyped(String text, String schema, String name) {
        table("public", "users");
        table("public", "Users");
        table("public", "users2");
        table("shop", "users");
        table("shop", "orders");
        table("public", "My Table");
        table("s.1", "a.b");
        table("public", "a\"b");
        assertThat(new Tables(history.tables()).named(text).name()).isEqualTo(new TableName(schema, name));
    }

    @Test
    void mistypedNameIsAnsweredWithTheNearest() {
        table("public", "users");
        assertThatThrownBy(() -> new Tables(history.tables()).named("usres"))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.hint()).contains("users"));
    }

    @Test
    void nameOfSeveralTablesIsRefused() {
        table("a", "users");
        table("b", "users");
        assertThatThrownBy(() -> new Tables(history.tables()).named("users"))
                .isInstanceOfSatisfying(
                        RowbackException.class,
                        e -> assertThat(e.hint()).contains("\"a\".\"users\"").contains("\"b\".\"users\""));
    }

    @Test
    void ofATableMadeAnewTheNewOneIsMeant() {
        var old = TableFixture.table("users")
                .column("id", "bigint")
                .key("id")
                .oid(100)
                .build();
        life.baseline(old);
        history.uncovered(old.id(), life.here());
        life.commit();
        life.baseline(TableFixture.table("users")
                .column("id", "bigint")
                .key("id")
                .oid(50)
                .build());
        assertThat(new Tables(history.tables()).named("users").tables())
                .extracting(table -> table.schema().id().oid())
                .containsExactly(50);
    }

    @Test
    void ofATableMadeAnewAsAPartitionedOneTheOneThatIsCoveredIsMeant() {
        var plain =
                TableFixture.table("events").column("id", "bigint").key("id").build();
        var partition = TableFixture.table("events_1")
                .column("id", "bigint")
                .key("id")
                .partitionOf("events")
                .build();
        life.baseline(plain);
        history.uncovered(plain.id(), life.here());
        life.commit();
        life.baseline(partition);
        assertThat(new Tables(history.tables()).named("events").tables())
                .extracting(table -> table.schema().name().name())
                .containsExactly("events_1");
        history.uncovered(partition.id(), life.here());
        life.commit();
        life.baseline(TableFixture.table("events")
                .column("id", "bigint")
                .key("id")
                .oid(50)
                .build());
        assertThat(new Tables(history.tables()).named("events").root()).isNull();
    }
}
