package io.rowback.restore.sql;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Column;
import io.rowback.history.Column.Identity;
import io.rowback.history.ForeignKey.Action;
import io.rowback.history.HistoryFixture;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ColumnChoice;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the script to the form in {@code golden.sql}, which people have read. */
final class SqlWriterTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column(new Column("id", 1, 20, "bigint", true, Identity.ALWAYS, false, true, "public.users_id_seq", true))
            .column(new Column("name", 2, 25, "text", true, Identity.NONE, false, true, null, false))
            .column("price", "numeric")
            .column(new Column("upper", 4, 25, "text", false, Identity.NONE, true, true, null, false))
            .key("id")
            .build();
    private static final TableSchema BARE_TREE = tree().build();
    private static final TableSchema TREE = tree().foreignKey("up", BARE_TREE, Action.NO_ACTION)
            .foreignKey("user", USERS, Action.CASCADE)
            .build();

    private static TableFixture tree() {
        return TableFixture.table("shop", "Tree\nhouse")
                .column("id", "integer")
                .column("up", "integer")
                .column("user", "bigint")
                .column("found", "jsonb")
                .key("id");
    }

    @ParameterizedTest
    @CsvSource({"20, golden.sql", "0, golden-sets.sql"})
    void scriptReadsAsInTheGoldenFile(int few, String file) throws IOException {
        MemoryHistory history = new MemoryHistory();
        HistoryFixture life = new HistoryFixture(history);
        String novel = "It was a dark and stormy night. ".repeat(10);
        life.baseline(USERS, row(USERS, "1", "Ann's", "1.50", "ANN'S"), row(USERS, "2", "Bob", null, "BOB"));
        life.baseline(
                TREE,
                row(TREE, "1", "2", "1", "{\"$rowback$\": 1}"),
                row(TREE, "2", "1", "1", null),
                row(TREE, "3", null, null, "[]"));
        Transaction bad = life.commit(
                delete(row(USERS, "1", "Ann's", "1.50", "ANN'S")),
                update(row(USERS, "2", "Bob", null, "BOB"), row(USERS, "2", novel, "0", novel)),
                delete(row(TREE, "1", "2", "1", "{\"$rowback$\": 1}")),
                delete(row(TREE, "2", "1", "1", null)),
                update(row(TREE, "3", null, null, "[]"), row(TREE, "3", null, "2", null)),
                insert(row(TREE, "4", null, null, "x\r")));
        StringBuilder sql = new StringBuilder();
        RestorePlan plan = RestorePlanner.plan(
                history,
                new RestoreRequest(
                        new Scope(List.of(Scope.Window.of(bad.commit())), false, List.of()),
                        null,
                        ColumnChoice.ALL,
                        Set.of(Operation.values()),
                        ConflictMode.REFUSE,
                        false,
                        100));
        SqlWriter.write(new RestoreScript(plan, few), sql);
        assertThat(sql.toString()).isEqualTo(golden(file));
    }

    private static String golden(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(SqlWriterTest.class.getResourceAsStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
