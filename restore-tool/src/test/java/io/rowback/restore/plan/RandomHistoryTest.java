package io.rowback.restore.plan;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryFixture.Draft;
import io.rowback.history.MemoryHistory;
import io.rowback.history.Operation;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random lives of a few rows, a random choice of their transactions undone, and the outcome compared with a replay that
 * leaves these out. {@code -Drowback.seed=N} plays one of them again.
 */
final class RandomHistoryTest {
    private static final int COLUMNS = 3;
    private static final TableSchema TABLE = TableFixture.table("rows")
            .column("id", "bigint")
            .column("c0", "text")
            .column("c1", "text")
            .column("c2", "text")
            .key("id")
            .build();

    /** What one transaction did to one row: the columns written, all of them for an INSERT, none for a DELETE. */
    private record Event(int transaction, String key, Operation operation, Map<Integer, String> written) {}

    private final MemoryHistory history = new MemoryHistory();
    private final HistoryFixture life = new HistoryFixture(history);
    private final Map<String, String[]> now = new TreeMap<>();
    private final Map<String, String[]> initial = new TreeMap<>();
    private final List<Event> events = new ArrayList<>();

    static LongStream seeds() {
        Long one = Long.getLong("rowback.seed");
        return one == null ? LongStream.range(0, 200) : LongStream.of(one);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void undoOfAnyScopeIsTheReplayWithoutIt(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 4; i++) {
            initial.put("" + i, new String[] {"a", "b", "c"});
        }
        initial.forEach((key, values) -> now.put(key, values.clone()));
        life.baseline(TABLE, images(initial));
        List<Transaction> scope = new ArrayList<>();
        Set<Integer> chosen = new HashSet<>();
        int transactions = random.nextInt(2, 15);
        for (int t = 0; t < transactions; t++) {
            Transaction transaction = life.commit(transaction(random, t));
            if (random.nextInt(3) == 0 || (t == transactions - 1 && scope.isEmpty())) {
                scope.add(transaction);
                chosen.add(t);
            }
        }
        RestorePlan plan = Planning.undoing(scope.toArray(Transaction[]::new))
                .operations(Operation.values())
                .onConflict(ConflictMode.SKIP)
                .plan(history);
        compare(plan, chosen);
    }

    private static RowImage[] images(Map<String, String[]> rows) {
        return rows.entrySet().stream()
                .map(entry -> image(entry.getKey(), entry.getValue()))
                .toArray(RowImage[]::new);
    }

    private static RowImage image(String key, String[] values) {
        return row(TABLE, key, values[0], values[1], values[2]);
    }

    private Draft[] transaction(SplittableRandom random, int number) {
        List<Draft> drafts = new ArrayList<>();
        int changes = random.nextInt(1, 4);
        for (int i = 0; i < changes; i++) {
            String key = "" + random.nextInt(6);
            String[] old = now.get(key);
            if (old == null) {
                String[] values = {"i" + random.nextInt(3), "i", "i" + number};
                now.put(key, values);
                drafts.add(HistoryFixture.insert(image(key, values)));
                events.add(new Event(number, key, Operation.INSERT, written(new String[COLUMNS], values)));
            } else if (random.nextInt(4) == 0) {
                now.remove(key);
                drafts.add(HistoryFixture.delete(image(key, old)));
                events.add(new Event(number, key, Operation.DELETE, Map.of()));
            } else {
                String[] values = old.clone();
                values[random.nextInt(COLUMNS)] = "u" + random.nextInt(4);
                values[random.nextInt(COLUMNS)] = "u" + number;
                now.put(key, values);
                drafts.add(HistoryFixture.update(image(key, old), image(key, values)));
                events.add(new Event(number, key, Operation.UPDATE, written(old, values)));
            }
        }
        return drafts.toArray(Draft[]::new);
    }

    private static Map<Integer, String> written(@Nullable String[] old, String[] values) {
        Map<Integer, String> written = new HashMap<>();
        for (int i = 0; i < COLUMNS; i++) {
            if (!values[i].equals(old[i])) {
                written.put(i, values[i]);
            }
        }
        return written;
    }

    /** Rows that the scope touched last must be as in the replay; of the others only what is as the scope left it may change. */
    private void compare(RestorePlan plan, Set<Integer> scope) {
        Map<String, String[]> repaired = repaired(plan);
        Set<String> conflicting = new HashSet<>();
        plan.findings().forEach(finding -> conflicting.add(finding.key().toString()));
        Set<String> keys = new HashSet<>();
        events.forEach(event -> keys.add(event.key()));
        for (String key : keys) {
            List<Event> ofRow =
                    events.stream().filter(event -> event.key().equals(key)).toList();
            boolean scopeWasLast = scope.contains(ofRow.get(ofRow.size() - 1).transaction());
            if (scopeWasLast && insertedBetween(key, ofRow, scope)) {
                assertThat(conflicting).as("conflicts").contains(key);
                assertThat(repaired.get(key)).as("row %s", key).isEqualTo(now.get(key));
            } else if (scopeWasLast) {
                assertThat(conflicting).as("conflicts").doesNotContain(key);
                assertThat(repaired.get(key)).as("row %s", key).isEqualTo(replay(key, ofRow, scope));
            } else if (ofRow.stream().noneMatch(event -> scope.contains(event.transaction()))) {
                assertThat(repaired.get(key)).as("untouched row %s", key).isEqualTo(now.get(key));
            } else {
                checkLaterValues(key, ofRow, scope, repaired.get(key));
            }
        }
    }

    private String @Nullable [] replay(String key, List<Event> ofRow, Set<Integer> without) {
        String[] values = initial.get(key);
        values = values == null ? null : values.clone();
        for (Event event : ofRow) {
            if (without.contains(event.transaction())) {
                continue;
            }
            if (event.operation() == Operation.DELETE) {
                values = null;
            } else if (event.operation() == Operation.INSERT && values == null) {
                values = new String[COLUMNS];
                write(event, values);
            } else if (event.operation() == Operation.UPDATE && values != null) {
                write(event, values);
            }
        }
        return values;
    }

    /** Whether what others inserted is lost in the replay, since the row was never deleted there. */
    private boolean insertedBetween(String key, List<Event> ofRow, Set<Integer> without) {
        boolean inserted = false;
        for (int i = 0; i < ofRow.size(); i++) {
            Event event = ofRow.get(i);
            if (!without.contains(event.transaction())) {
                String[] row = replay(key, ofRow.subList(0, i), without);
                String[] values = new String[COLUMNS];
                write(event, values);
                inserted |= event.operation() == Operation.INSERT && row != null && !Arrays.equals(row, values);
                inserted &= replay(key, ofRow.subList(0, i + 1), without) != null;
            }
        }
        return inserted && !Arrays.equals(replay(key, ofRow, without), now.get(key));
    }

    private static void write(Event event, String[] values) {
        event.written().forEach((column, value) -> values[column] = value);
    }

    private void checkLaterValues(String key, List<Event> ofRow, Set<Integer> scope, String @Nullable [] repaired) {
        String[] current = now.get(key);
        int last = -1;
        for (int i = 0; i < ofRow.size(); i++) {
            last = scope.contains(ofRow.get(i).transaction()) ? i : last;
        }
        String[] damaged = replay(key, ofRow.subList(0, last + 1), Set.of());
        if (current == null || repaired == null || damaged == null) {
            boolean asTheScopeLeftIt = Arrays.equals(current, damaged);
            assertThat(asTheScopeLeftIt || Arrays.equals(repaired, current))
                    .as("row %s may be touched", key)
                    .isTrue();
            return;
        }
        for (int i = 0; i < COLUMNS; i++) {
            if (!current[i].equals(damaged[i])) {
                assertThat(repaired[i]).as("row %s, column %s", key, i).isEqualTo(current[i]);
            }
        }
    }

    private Map<String, String[]> repaired(RestorePlan plan) {
        Map<String, String[]> rows = new HashMap<>();
        now.forEach((key, values) -> rows.put(key, values.clone()));
        for (Repair repair : plan.repairs()) {
            String key = repair.key().toString();
            if (repair instanceof Repair.DeleteRow) {
                rows.remove(key);
                continue;
            }
            String[] values = rows.computeIfAbsent(key, any -> new String[COLUMNS]);
            for (int i = 0; i < COLUMNS; i++) {
                var written = repair.written("c" + i);
                values[i] = written == null ? values[i] : written.toString();
            }
        }
        return rows;
    }
}
