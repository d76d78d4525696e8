package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.query.Tables;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ScopeRowsTest {
    private final TableSchema users = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private final MemoryHistory memory = new MemoryHistory();
    private final HistoryFixture history = new HistoryFixture(memory);
    private final List<String> reads = new ArrayList<>();

    /** The history, which notes the windows that are read of whole tables. */
    private HistoryReader watched() {
        return (HistoryReader) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HistoryReader.class}, (proxy, method, arguments) -> {
                    boolean ofTable = method.getName().equals("changes")
                            && Arrays.equals(
                                    method.getParameterTypes(), new Class<?>[] {TableId.class, Lsn.class, Lsn.class});
                    if (ofTable) {
                        reads.add(arguments[1] + " " + arguments[2]);
                    }
                    try {
                        return method.invoke(memory, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private List<String> touched(Scope.Window... windows) {
        Scope.Narrowing narrowing = new Scope.Narrowing(
                new Tables(memory.tables()).byId(users.id()).orElseThrow(),
                null,
                false,
                new Scope.KeyRange("2", "10"),
                List.of());
        HistoryReader reader = watched();
        ScopeRows rows = new ScopeRows(
                reader,
                new Tables(memory.tables()),
                new Scope(List.of(windows), false, List.of(narrowing)),
                (planned, touched) -> {});
        return rows.read().stream().map(row -> row.key().toString()).toList();
    }

    @Test
    void rangeOfKeysIsReadFromTheIndexAndNotFromAllChangesOfTheTable() {
        history.baseline(
                users, row(users, "1", "a"), row(users, "3", "a"), row(users, "10", "a"), row(users, "11", "a"));
        Lsn begin = history.here();
        history.commit(update(row(users, "1", "a"), row(users, "1", "b")), delete(row(users, "3", "a")));
        Transaction last =
                history.commit(update(row(users, "10", "a"), row(users, "100", "a")), delete(row(users, "11", "a")));
        assertThat(touched(new Scope.Window(begin, history.here()))).containsExactly("3", "10");
        assertThat(reads).isEmpty();
        assertThat(touched(Scope.Window.of(last.commit()))).contains("10");
        assertThat(reads).containsExactly(last.commit() + " " + last.commit().next());
    }

    @Test
    void truncateTouchesRowsOfTheRange() {
        history.baseline(users, row(users, "1", "a"), row(users, "3", "a"));
        Lsn begin = history.here();
        history.commit(truncate(users));
        history.commit();
        assertThat(touched(new Scope.Window(begin, history.here())))
                .contains(RowKey.of("3").toString());
    }

    @Test
    void commitsOfManyWindowsAreToldFromThoseBetween() {
        List<Scope.Window> windows = List.of(
                Scope.Window.of(new Lsn(10)), new Scope.Window(new Lsn(20), new Lsn(30)), Scope.Window.of(new Lsn(40)));
        Scope scope = new Scope(windows, false, List.of());
        for (long lsn = 0; lsn < 50; lsn++) {
            Lsn commit = new Lsn(lsn);
            assertThat(scope.contains(new io.rowback.history.Position(commit, 3)))
                    .isEqualTo(lsn == 10 || (lsn >= 20 && lsn < 30) || lsn == 40);
        }
    }
}
