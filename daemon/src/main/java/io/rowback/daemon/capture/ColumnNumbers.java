package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.history.Column;
import io.rowback.history.TableSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which columns of a table the stream means, which tells their names and leaves out their numbers. It sends them in the
 * order of their numbers; what the table had before and has now it had between, and what is gone does not come back.
 */
final class ColumnNumbers {
    /** No table has had more columns than that, so that a larger number is nobody's. */
    static final int MAX = 1_600;

    private static final List<Fit> FITS =
            List.of(new Fit(true, true), new Fit(true, false), new Fit(false, true), new Fit(false, false));

    private final List<RelationColumn> columns;
    private final List<String> types;
    /** What the numbers may stand for, in their order. */
    private final List<Candidate> candidates;

    private final Set<String> knownNames;
    /** For each column of the stream what it may be; empty if nothing fits. */
    private final List<List<Candidate>> possible;

    /** In what a column of the stream has to agree with what is known of a number. */
    private record Fit(boolean name, boolean type) {}

    /**
     * A column of the table as it was known before and as the catalog has it.
     *
     * @param before null if it came later, or nothing is known of it
     * @param now null if it is gone
     */
    private record Candidate(
            int number, @Nullable Column before, @Nullable Column now) {
        /** Whether it certainly was there between. */
        boolean isSent() {
            return before != null && now != null;
        }

        Stream<Column> known() {
            return Stream.of(before, now).filter(Objects::nonNull);
        }
    }

    /**
     * Compares what the stream says with what is known of two moments.
     *
     * @param types the type of each column of the stream, for SQL
     * @param last the table as it was known before; null if it was not
     * @param now the table as the catalog has it, which may be ahead of the stream; null if it is gone, and then
     *     {@code last} is not
     * @param vanished the numbers of columns that came after {@code last} and are gone by now
     */
    ColumnNumbers(
            List<RelationColumn> columns,
            List<String> types,
            @Nullable TableSchema last,
            @Nullable TableSchema now,
            Collection<Integer> vanished) {
        this.columns = columns;
        this.types = types;
        Map<Integer, Column> there = published(now == null ? Objects.requireNonNull(last) : now);
        Map<Integer, Column> before = last == null || now == null ? new HashMap<>(there) : published(last);
        if (last == null || now == null) {
            // What is known of one moment alone had those columns then that the stream names too.
            Set<String> names = columns.stream().map(RelationColumn::name).collect(Collectors.toSet());
            before.values().removeIf(column -> !names.contains(column.name()));
        }
        this.candidates = Stream.of(vanished, before.keySet(), there.keySet())
                .flatMap(Collection::stream)
                .distinct()
                .sorted()
                .map(number -> new Candidate(number, before.get(number), there.get(number)))
                .toList();
        this.knownNames =
                candidates.stream().flatMap(Candidate::known).map(Column::name).collect(Collectors.toSet());
        this.possible = FITS.stream()
                .map(this::possible)
                .filter(choices -> !choices.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private static Map<Integer, Column> published(TableSchema table) {
        return table.columns().stream()
                .filter(Column::published)
                .collect(Collectors.toMap(Column::attnum, Function.identity()));
    }

    /** Whether there is no choice. */
    boolean areCertain() {
        return !possible.isEmpty() && possible.stream().allMatch(choice -> choice.size() == 1);
    }

    /**
     * The number of each column. One that is not certain has that of a column that is gone, else one that is nobody's: so
     * its values are never taken for those of a column that there is.
     */
    List<Integer> numbers() {
        List<Integer> numbers = new ArrayList<>();
        int after = 0;
        for (int i = 0; i < columns.size(); i++) {
            int number = number(i, after);
            after = Math.max(after, number);
            numbers.add(number > 0 ? number : MAX + 1 + i);
        }
        return numbers;
    }

    /** The number of a column, behind that of the one before it; 0 if it is not certain. */
    private int number(int i, int after) {
        Stream<Candidate> choice;
        if (possible.isEmpty()) {
            // The table is gone, say, and was altered before: what is left is the name.
            String name = columns.get(i).name();
            choice = candidates.stream()
                    .filter(candidate ->
                            candidate.now() != null && candidate.now().name().equals(name));
        } else if (possible.get(i).size() == 1) {
            choice = possible.get(i).stream();
        } else {
            choice = possible.get(i).stream().filter(candidate -> candidate.now() == null);
        }
        return choice.mapToInt(Candidate::number)
                .filter(number -> number > after)
                .findFirst()
                .orElse(0);
    }

    /** What each column can be so that all others can be something too. */
    private List<List<Candidate>> possible(Fit fit) {
        int count = columns.size();
        int size = candidates.size();
        // Whether the columns before i can be among the candidates before j, and those from i on among those from j on.
        boolean[][] head = new boolean[count + 1][size + 1];
        boolean[][] tail = new boolean[count + 1][size + 1];
        head[0][0] = true;
        tail[count][size] = true;
        for (int j = 0; j < size; j++) {
            for (int i = 0; i <= count; i++) {
                head[i][j + 1] =
                        (head[i][j] && !candidates.get(j).isSent()) || (i > 0 && head[i - 1][j] && fits(i - 1, j, fit));
            }
        }
        for (int j = size - 1; j >= 0; j--) {
            for (int i = 0; i <= count; i++) {
                tail[i][j] = (tail[i][j + 1] && !candidates.get(j).isSent())
                        || (i < count && tail[i + 1][j + 1] && fits(i, j, fit));
            }
        }
        if (!head[count][size]) {
            return List.of();
        }
        List<List<Candidate>> choices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Candidate> choice = new ArrayList<>();
            for (int j = 0; j < size; j++) {
                if (head[i][j] && tail[i + 1][j + 1] && fits(i, j, fit)) {
                    choice.add(candidates.get(j));
                }
            }
            choices.add(choice);
        }
        return choices;
    }

    /** Of a number of which nothing is known everything fits, and under a name that is not known the column may be any. */
    private boolean fits(int i, int j, Fit fit) {
        RelationColumn column = columns.get(i);
        Candidate candidate = candidates.get(j);
        if (candidate.before() == null && candidate.now() == null) {
            return true;
        }
        boolean name = !knownNames.contains(column.name())
                || candidate.known().anyMatch(known -> known.name().equals(column.name()));
        boolean type = candidate
                .known()
                .anyMatch(known -> known.type().equals(types.get(i)) || known.typeOid() == column.typeOid());
        return (name || !fit.name()) && (type || !fit.type());
    }
}
