package io.rowback.restore.sql;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RowLoadTest {
    private static final Pattern NUMBER = Pattern.compile("^ {2}\\((\\d+),", Pattern.MULTILINE);
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "integer")
            .column("name", "text")
            .key("id")
            .build();

    @Test
    void manyRowsAreLoadedInOrderAThousandAtOnce() {
        List<ScriptStatement> loads = loads(2_500, "ann");
        assertThat(loads).extracting(ScriptStatement::rows).containsExactly(1_000, 1_000, 500);
        assertThat(numbers(loads))
                .isEqualTo(IntStream.rangeClosed(1, 2_500).boxed().toList());
    }

    @Test
    void fewerRowsAreLoadedAtOnceWhereTheyAreLong() {
        List<ScriptStatement> loads = loads(30, "x".repeat(300_000));
        assertThat(loads).extracting(ScriptStatement::rows).containsExactly(4, 4, 4, 4, 4, 4, 4, 2);
        assertThat(numbers(loads))
                .isEqualTo(IntStream.rangeClosed(1, 30).boxed().toList());
    }

    private static List<Integer> numbers(List<ScriptStatement> loads) {
        return loads.stream()
                .flatMap(load -> NUMBER.matcher(load.sql()).results())
                .map(number -> Integer.valueOf(number.group(1)))
                .toList();
    }

    /** The statements that load as many rows, each with that name, into their temporary table. */
    private static List<ScriptStatement> loads(int rows, String name) {
        MemoryHistory history = new MemoryHistory();
        HistoryFixture life = new HistoryFixture(history);
        life.baseline(USERS, row(USERS, "0", "bob"));
        Transaction bad = life.commit(IntStream.rangeClosed(1, rows)
                .mapToObj(id -> delete(row(USERS, Integer.toString(id), name)))
                .toArray(HistoryFixture.Draft[]::new));
        RestorePlan plan = RestorePlanner.plan(
                history,
                new RestoreRequest(
                        new Scope(List.of(Scope.Window.of(bad.commit())), false, List.of()),
                        null,
                        ColumnChoice.ALL,
                        Set.of(Operation.DELETE),
                        ConflictMode.REFUSE,
                        false,
                        rows));
        List<ScriptStatement> statements = new ArrayList<>();
        ScriptSink<RuntimeException> all = statements::add;
        new RestoreScript(plan).statements(all);
        return statements.stream()
                .filter(statement -> statement.phase() == ScriptStatement.Phase.LOAD)
                .filter(statement -> statement.sql().startsWith("INSERT"))
                .toList();
    }
}
