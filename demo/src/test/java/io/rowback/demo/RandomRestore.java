package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.RowbackException;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.restore.live.LiveDatabase;
import io.rowback.restore.live.Preview;
import io.rowback.restore.live.Restoration;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
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

    /** The same, told by the script while no look has come since. */
    private static final String PERHAPS_ANOTHER = "is another table than this was made for";

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

    /** A plan as it is written to the database, any number of times. */
    private interface Writing {
        void run() throws SQLException;
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
        Writing writing = writing(
                RandomChoice.ALL,
                (reader, tables) -> new RestoreRequest(
                        new Scope(List.of(new Scope.Window(at, reader.info().durable())), true, tables),
                        at,
                        RestoreRequest.ColumnChoice.ALL,
                        Set.of(Operation.INSERT, Operation.UPDATE, Operation.DELETE),
                        ConflictMode.OVERWRITE,
                        false,
                        10_000));
        if (writing == null) {
            return Ending.AS_OF_REFUSED;
        }
        // A second run of the same plan changes nothing.
        for (int run = 1; run <= 2; run++) {
            if (isRefused(writing)) {
                return Ending.AS_OF_REFUSED;
            }
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
        RandomChoice choice = choice(before, after);
        Map<String, Map<List<String>, Map<String, String>>> wanted = undone(before, after, life.note(), choice);
        Writing writing = writing(
                choice,
                (reader, tables) -> new RestoreRequest(
                        new Scope(
                                List.of(Scope.Window.of(reader.transactionsOf(Long.parseLong(xid))
                                        .get(0)
                                        .commit())),
                                false,
                                tables),
                        null,
                        choice.columnChoice(),
                        choice.operations(),
                        ConflictMode.REFUSE,
                        false,
                        10_000));
        if (writing == null) {
            return Ending.UNDO_REFUSED;
        }
        try {
            if (isRefused(writing)) {
                return Ending.UNDO_REFUSED;
            }
        } catch (SQLException e) {
            assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(UNIQUE_VIOLATION);
            return Ending.UNDO_REFUSED_BY_SERVER;
        }
        assertThat(withoutAudit(life.note().tables()))
                .as("transaction %s undone, %s", xid, choice)
                .isEqualTo(withoutAudit(wanted));
        return Ending.UNDO_APPLIED;
    }

    /** Runs it; whether it wrote nothing for a reason that may be. */
    private boolean isRefused(Writing writing) throws SQLException {
        try {
            writing.run();
            return false;
        } catch (SQLException | RowbackException e) {
            if (life.sinceAltered() > 0 && String.valueOf(e.getMessage()).contains(PERHAPS_ANOTHER)) {
                return true;
            }
            throw e;
        }
    }

    private RandomChoice choice(RandomLife.Moment before, RandomLife.Moment after) throws IOException {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            return RandomChoice.of(before, after, life.tables(reader), random);
        }
    }

    /** The tables as they are now, but every value that changed between two moments as it was before. */
    private static Map<String, Map<List<String>, Map<String, String>>> undone(
            RandomLife.Moment before, RandomLife.Moment after, RandomLife.Moment now, RandomChoice choice) {
        Map<String, Map<List<String>, Map<String, String>>> undone = new TreeMap<>();
        now.tables().forEach((table, rows) -> {
            Map<List<String>, Map<String, String>> wanted = new HashMap<>(rows);
            before.rows(table).forEach((key, old) -> {
                Map<String, String> damaged = after.rows(table).get(key);
                Map<String, String> row = damaged == null ? old : putBack(rows.get(key), old, damaged, column -> true);
                if (row == null || !choice.contains(table, key, row, damaged == null)) {
                    return;
                }
                wanted.put(key, damaged == null ? old : putBack(rows.get(key), old, damaged, choice::contains));
            });
            undone.put(table, wanted);
        });
        return undone;
    }

    /** A row with those values that it had before and that were changed; null if it is gone. */
    private static @Nullable Map<String, String> putBack(
            @Nullable Map<String, String> now,
            Map<String, String> old,
            Map<String, String> damaged,
            Predicate<String> columns) {
        if (now == null) {
            return null;
        }
        Map<String, String> row = new TreeMap<>(now);
        old.forEach((column, value) -> {
            if (!value.equals(damaged.get(column)) && columns.test(column)) {
                row.put(column, value);
            }
        });
        return row;
    }

    private static Map<String, Map<List<String>, Map<String, String>>> withoutAudit(
            Map<String, Map<List<String>, Map<String, String>>> tables) {
        Map<String, Map<List<String>, Map<String, String>>> others = new TreeMap<>(tables);
        others.remove(RandomLife.AUDIT);
        return others;
    }

    /**
     * What restores what was chosen of the life's tables: the script that was made from the history alone, or the plan that was
     * compared with the live rows; null if it was refused for a reason that may be.
     */
    private @Nullable Writing writing(
            RandomChoice choice, BiFunction<RocksHistoryReader, List<Scope.Narrowing>, RestoreRequest> asked)
            throws IOException {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            List<Scope.Narrowing> narrowings =
                    life.tables(reader).stream().flatMap(choice::narrowing).toList();
            RestoreRequest request = asked.apply(reader, narrowings);
            try {
                return random.nextBoolean() ? compared(reader, request) : told(reader, request);
            } catch (RowbackException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.NOT_COVERED);
                assertThat(life.sinceAltered()).isPositive();
                return null;
            }
        }
    }

    private @Nullable Writing told(RocksHistoryReader reader, RestoreRequest request) throws IOException {
        RestorePlan plan = RestorePlanner.plan(reader, request);
        if (isRefused(plan)) {
            return null;
        }
        StringBuilder script = new StringBuilder();
        SqlWriter.write(plan, script);
        return () -> database.run(script.toString());
    }

    private @Nullable Writing compared(RocksHistoryReader reader, RestoreRequest request) {
        Connections connections = new Connections(ConnectionSettings.parse(database.url()), "rowback");
        try (LiveDatabase live = LiveDatabase.open(connections, reader.info(), false)) {
            RestorePlan plan = RestorePlanner.plan(reader, request, live);
            if (isRefused(plan)) {
                return null;
            }
            Preview preview = live.preview(plan);
            assertThat(preview.differences()).isEmpty();
            assertThat(preview.obstacles()).isEmpty();
            return () -> new Restoration(connections, plan, statement -> {}).run();
        }
    }

    private boolean isRefused(RestorePlan plan) {
        if (plan.outcome() == RestorePlan.Outcome.REFUSED && plan.request().onConflict() == ConflictMode.OVERWRITE) {
            List<String> allowed = new ArrayList<>(REFUSALS);
            if (life.moments().stream().anyMatch(moment -> !moment.plain())) {
                allowed.add(REUSED);
            }
            if (life.sinceAltered() > 0) {
                allowed.add(PERHAPS_REWRITTEN);
            }
            assertThat(plan.refusals())
                    .allSatisfy(refusal -> assertThat(refusal.reason()).containsAnyOf(allowed.toArray(String[]::new)));
        }
        return plan.outcome() == RestorePlan.Outcome.REFUSED;
    }
}
