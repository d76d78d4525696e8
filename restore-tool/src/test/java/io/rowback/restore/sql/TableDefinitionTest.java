package io.rowback.restore.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Lsn;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.restore.plan.Definition;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What of a table's definition is made anew, and what is left to a person. */
class TableDefinitionTest {
    @Test
    void keyIsAPrimaryKeyUnlessARowWasIdentifiedByAnIndexOfItsOwn() {
        assertThat(definition(ReplicaIdentity.DEFAULT).make())
                .singleElement()
                .asString()
                .contains("PRIMARY KEY (id)");
        assertThat(definition(ReplicaIdentity.DEFAULT).notKnown()).noneMatch(line -> line.contains("primary key"));
        assertThat(definition(ReplicaIdentity.INDEX).make())
                .singleElement()
                .asString()
                .contains("UNIQUE (id)")
                .doesNotContain("PRIMARY KEY");
        assertThat(definition(ReplicaIdentity.INDEX).notKnown())
                .contains("whether the key was a primary key; the replica identity's index");
    }

    @Test
    void triggersAreLeftToAPerson() {
        assertThat(definition(ReplicaIdentity.FULL).notKnown())
                .contains("trigger: CREATE TRIGGER t BEFORE UPDATE ON users");
    }

    @Test
    void partitionIsToldHowItGoesBackToItsPlace() {
        TableSchema part = TableFixture.table("part")
                .column("id", "bigint")
                .key()
                .identity(ReplicaIdentity.FULL)
                .partitionOf("Whole")
                .build();
        TableDefinition definition =
                new TableDefinition(new Definition(part, List.of(), Lsn.ZERO, Lsn.ZERO, List.of(), List.of()));
        assertThat(definition.notKnown())
                .anyMatch(line ->
                        line.contains("ALTER TABLE public.\"Whole\" ATTACH PARTITION public.part FOR VALUES ..."));
        assertThat(definition.make())
                .containsExactly(
                        "CREATE TABLE public.part (\n  id bigint\n)", "ALTER TABLE public.part REPLICA IDENTITY FULL");
    }

    private static TableDefinition definition(ReplicaIdentity identity) {
        TableSchema users = TableFixture.table("users")
                .column("id", "bigint")
                .key("id")
                .identity(identity)
                .build();
        TableSchema withTrigger = new TableSchema(
                users.id(),
                users.name(),
                users.columns(),
                users.key(),
                identity,
                users.foreignKeys(),
                users.uniques(),
                List.of(new TableSchema.Trigger("t", 'O', "CREATE TRIGGER t BEFORE UPDATE ON users")),
                users.partitionOf());
        return new TableDefinition(new Definition(withTrigger, List.of(), Lsn.ZERO, Lsn.ZERO, List.of(), List.of()));
    }
}
