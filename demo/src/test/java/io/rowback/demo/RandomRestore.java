package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestorePlanner;
import io.rowback.restore.plan.RestoreRequest;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import io.rowback.restore.plan.Scope;
import io.rowback.restore.sql.SqlWriter;
import io.rowback.testbed.Database;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Restores in a random life, and what they should yield by what the tables themselves held. */
final class RandomRestore {
    /** What may be refused, since the history alone cannot decide it. */
    private static final List<String> REFUSALS =
            List.of("its key was changed", "it takes a unique value", "the history does not know", "moved");

    /** Of a life that changed keys: one of them may have been given to a new row since. */
    private static final String REUSED = "belonged to another row as well";

    /**
     * Of a life that altered a table. A column renamed and the table truncated between two looks at the catalog may as well be a
     * rewrite; a look that comes right behind the last moment ends the coverage below it.
     */
    private static final String PERHAPS_REWRITTEN = "is not known: it was dropped, not published, or rewritten";

    private static final String UNIQUE_VIOLATION = "23505";

    private final Path store;
    private final RandomLife life;
    private final Database database;
    private final Random random;

    RandomRestore(Path store, RandomLife life, Database database, Random random) {
        this.store = store;
        this.life = life;
        this.database = database;
        this.random = random;
    }

    /**
     * What an undo is about.
     *
     * @param table the table that counts, or null if all do
     * @param key the row that counts, or null if all of them do
     */
    private record Choice(
            Set<Operation> operations,
            @Nullable String table,
            @Nullable List<String> key) {
        static final List<Set<Operation>> OPERATIONS =
                List.of(Set.of(Operation.UPDATE, Operation.DELETE), Set.of(Operation.UPDATE), Set.of(Operation.DELETE));

        boolean contains(String otherTable, List<String> otherKey, boolean deleted) {
            return (table == null || table.equals(otherTable))
                    && (key == null || key.equals(otherKey))
                    && operations.contains(deleted ? Operation.DELETE : Operation.UPDATE);
        }

        Stream<Scope.Narrowing> narrowing(TableInfo of) {
            String name = of.schema().name().name();
            if (table == null ? name.equals(RandomLife.AUDIT) : !table.equals(name)) {
                return Stream.of();
            }
            RowKey row = key == null
                    ? null
                    : new RowKey(key.stream().map(value -> value.substring(1)).toList());
            return Stream.of(new Scope.Narrowing(of, row, false, List.of()));
        }
    }

    private static final Choice ALL = new Choice(Choice.OPERATIONS.get(0), null, null);

    /** All tables, one, or one row of those that the transaction changed; of what it did all or only some. */
    private Choice choice(RandomLife.Moment before, RandomLife.Moment after) {
        Set<Operation> operations = Choice.OPERATIONS.get(random.nextInt(Choice.OPERATIONS.size()));
        List<String> tables = before.tables().keySet().stream()
                .filter(table -> !table.equals(RandomLife.AUDIT))
                .filter(table -> !before.rows(table).equals(after.rows(table)))
                .toList();
        if (tables.isEmpty() || random.nextBoolean()) {
            return new Choice(operations, null, null);
        }
        String table = tables.get(random.nextInt(tables.size()));
        List<List<String>> keys = before.rows(table).keySet().stream()
                .sorted(Comparator.comparing(List::toString))
                .toList();
        boolean one = !keys.isEmpty() && random.nextBoolean();
        return new Choice(operations, table, one ? keys.get(random.nextInt(keys.size())) : null);
    }

    /** How a restore ended. */
    enum Ending {
        AS_OF_APPLIED,
        AS_OF_REFUSED,
        NOTHING_TO_UNDO,
        UNDO_APPLIED,
        UNDO_REFUSED,
        UNDO_REFUSED_BY_SERVER
    }

    /** All tables back to that moment. */
    Ending asOf(RandomLife.Moment moment) throws IOException, SQLException {
        Lsn at = Lsn.parse(moment.at());
        String script = script(
                ALL,
                (reader, tables) -> new RestoreRequest(
                        new Scope(List.of(new Scope.Window(at, reader.info().durable())), true, tables),
                        at,
                        RestoreRequest.ColumnChoice.ALL,
                        Set.of(Operation.INSERT, Operation.UPDATE, Operation.DELETE),
                        ConflictMode.OVERWRITE,
                        false,
                        10_000));
        if (script == null) {
            return Ending.AS_OF_REFUSED;
        }
        // A second run of the same script changes nothing.
        for (int run = 1; run <= 2; run++) {
            database.run(script);
            assertThat(withoutAudit(life.note().tables()))
                    .as("run %s, restored to %s", run, moment.at())
                    .isEqualTo(withoutAudit(moment.tables()));
        }
        return Ending.AS_OF_APPLIED;
    }

    /** What the transaction before that moment changed, and nothing else, is as it was before it. */
    Ending undo(int target) throws IOException, SQLException {
        RandomLife.Moment after = life.moments().get(target);
        RandomLife.Moment before = life.moments().get(Math.max(0, target - 1));
        String xid = after.xid();
        if (xid == null || !after.plain() || after.tables().equals(before.tables())) {
            return Ending.NOTHING_TO_UNDO;
        }
        Choice choice = choice(before, after);
        Map<String, Map<List<String>, Map<String, String>>> wanted = undone(before, after, life.note(), choice);
        String script = script(
                choice,
                (reader, tables) -> new RestoreRequest(
                        new Scope(
                                List.of(Scope.Window.of(reader.transactionsOf(Long.parseLong(xid))
                                        .get(0)
                                        .commit())),
                                false,
                                tables),
                        null,
                        RestoreRequest.ColumnChoice.ALL,
                        choice.operations(),
                        ConflictMode.REFUSE,
                        false,
                        10_000));
        if (script == null) {
            return Ending.UNDO_REFUSED;
        }
        try {
            database.run(script);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(UNIQUE_VIOLATION);
            return Ending.UNDO_REFUSED_BY_SERVER;
        }
        assertThat(withoutAudit(life.note().tables()))
                .as("transaction %s undone, %s", xid, choice)
                .isEqualTo(withoutAudit(wanted));
        return Ending.UNDO_APPLIED;
    }

    /** The tables as they are now, but every value that changed between two moments as it was before. */
    private static Map<String, Map<List<String>, Map<String, String>>> undone(
            RandomLife.Moment before, RandomLife.Moment after, RandomLife.Moment now, Choice choice) {
        Map<String, Map<List<String>, Map<String, String>>> undone = new TreeMap<>();
        now.tables().forEach((table, rows) -> {
            Map<List<String>, Map<String, String>> wanted = new HashMap<>(rows);
            before.rows(table).forEach((key, old) -> {
                Map<String, String> damaged = after.rows(table).get(key);
                if (!choice.contains(table, key, damaged == null)) {
                    return;
                }
                if (damaged == null) {
                    wanted.put(key, old);
                } else if (rows.containsKey(key)) {
                    Map<String, String> row = new TreeMap<>(rows.get(key));
                    old.forEach((column, value) -> {
                        if (!value.equals(damaged.get(column))) {
                            row.put(column, value);
                        }
                    });
                    wanted.put(key, row);
                }
            });
            undone.put(table, wanted);
        });
        return undone;
    }

    private static Map<String, Map<List<String>, Map<String, String>>> withoutAudit(
            Map<String, Map<List<String>, Map<String, String>>> tables) {
        Map<String, Map<List<String>, Map<String, String>>> others = new TreeMap<>(tables);
        others.remove(RandomLife.AUDIT);
        return others;
    }

    /** The SQL that restores what was chosen of the life's tables, or null if it was refused for a reason that may be. */
    private @Nullable String script(
            Choice choice, BiFunction<RocksHistoryReader, List<Scope.Narrowing>, RestoreRequest> asked)
            throws IOException {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            List<Scope.Narrowing> narrowings =
                    life.tables(reader).stream().flatMap(choice::narrowing).toList();
            RestoreRequest request = asked.apply(reader, narrowings);
            RestorePlan plan;
            try {
                plan = RestorePlanner.plan(reader, request);
            } catch (RowbackException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.NOT_COVERED);
                assertThat(life.sinceAltered()).isPositive();
                return null;
            }
            if (plan.outcome() == RestorePlan.Outcome.REFUSED) {
                if (request.onConflict() == ConflictMode.OVERWRITE) {
                    List<String> allowed = new ArrayList<>(REFUSALS);
                    if (life.moments().stream().anyMatch(moment -> !moment.plain())) {
                        allowed.add(REUSED);
                    }
                    if (life.sinceAltered() > 0) {
                        allowed.add(PERHAPS_REWRITTEN);
                    }
                    assertThat(plan.refusals()).allSatisfy(refusal -> assertThat(refusal.reason())
                            .containsAnyOf(allowed.toArray(String[]::new)));
                }
                return null;
            }
            StringBuilder script = new StringBuilder();
            SqlWriter.write(plan, script);
            return script.toString();
        }
    }
}
