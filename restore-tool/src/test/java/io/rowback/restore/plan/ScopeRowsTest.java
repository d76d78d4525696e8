package io.rowback.restore.plan;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.query.Tables;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ScopeRowsTest {
    private static final int MOST = 1_000;

    private final TableSchema users = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private final MemoryHistory memory = new MemoryHistory();
    private final HistoryFixture history = new HistoryFixture(memory);
    private final List<String> reads = new ArrayList<>();

    private interface Answer {
        Object to(Method method, Object... arguments) throws ReflectiveOperationException;
    }

    private HistoryReader reader(Answer answer) {
        return (HistoryReader) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HistoryReader.class}, (proxy, method, arguments) -> {
                    try {
                        return answer.to(method, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static boolean isOfTable(Method method) {
        return method.getName().equals("changes")
                && Arrays.equals(method.getParameterTypes(), new Class<?>[] {TableId.class, Lsn.class, Lsn.class});
    }

    /** The history, which notes the windows that are read of whole tables. */
    private HistoryReader watched() {
        return reader((method, arguments) -> {
            if (isOfTable(method)) {
                reads.add(arguments[1] + " " + arguments[2]);
            }
            return method.invoke(memory, arguments);
        });
    }

    private List<String> touched(Scope.Window... windows) {
        return touched(watched(), new Scope.KeyRange("2", "10"), windows);
    }

    private List<String> touched(HistoryReader reader, Scope.@Nullable KeyRange range, Scope.Window... windows) {
        Tables tables = new Tables(memory.tables());
        Scope.Narrowing narrowing =
                new Scope.Narrowing(tables.byId(users.id()).orElseThrow(), null, false, range, List.of());
        Scope scope = new Scope(List.of(windows), false, List.of(narrowing));
        List<String> keys = new ArrayList<>();
        try (ScopeRows rows = new ScopeRows(reader, tables, scope, found -> {}, MOST)) {
            rows.forEachRemaining(row -> keys.add(row.row().key().toString()));
        }
        return keys;
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
        assertThat(touched(Scope.Window.of(last.commit()))).containsExactly("10");
        assertThat(reads).containsExactly(last.commit() + " " + last.commit().next());
    }

    @Test
    void truncateTouchesRowsOfTheRange() {
        history.baseline(users, row(users, "1", "a"), row(users, "3", "a"));
        Lsn begin = history.here();
        history.commit(truncate(users));
        history.commit();
        assertThat(touched(new Scope.Window(begin, history.here()))).containsExactly("3");
    }

    @Test
    void transactionOfTooManyRowsIsRefusedAsAWholeAndTakenInRangesOfKeys() {
        history.baseline(users);
        Lsn commit = history.commit().commit();
        int rows = MOST + 1;
        HistoryReader reader = deleting(rows, commit);
        Scope.Window whole = Scope.Window.of(commit);
        assertThatThrownBy(() -> touched(reader, null, whole))
                .isInstanceOfSatisfying(RowbackException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.REFUSED);
                    assertThat(refused.hint()).contains("--table", "--key-range");
                });
        assertThat(touched(reader, new Scope.KeyRange("1", "600"), whole)).hasSize(600);
        assertThat(touched(reader, new Scope.KeyRange("601", "2000"), whole)).hasSize(rows - 600);
    }

    /** The history, with a transaction that deletes so many rows. */
    private HistoryReader deleting(int rows, Lsn commit) {
        return reader((method, arguments) -> isOfTable(method)
                ? IntStream.rangeClosed(1, rows)
                        .mapToObj(id -> new Change(
                                new Position(commit, id),
                                Operation.DELETE,
                                users,
                                row(users, Integer.toString(id), "a"),
                                null))
                : method.invoke(memory, arguments));
    }

    @Test
    void commitsOfManyWindowsAreToldFromThoseBetween() {
        List<Scope.Window> windows = List.of(
                Scope.Window.of(new Lsn(10)), new Scope.Window(new Lsn(20), new Lsn(30)), Scope.Window.of(new Lsn(40)));
        Scope scope = new Scope(windows, false, List.of());
        for (long lsn = 0; lsn < 50; lsn++) {
            Lsn commit = new Lsn(lsn);
            assertThat(scope.contains(new Position(commit, 3)))
                    .isEqualTo(lsn == 10 || (lsn >= 20 && lsn < 30) || lsn == 40);
        }
    }
}
