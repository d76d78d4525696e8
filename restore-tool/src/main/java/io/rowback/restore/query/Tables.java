package io.rowback.restore.query;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tables of a history, found by the names that operators type. Immutable. */
public final class Tables {
    private final List<TableInfo> all;
    private final Map<TableId, TableInfo> byId = new HashMap<>();

    public Tables(List<TableInfo> all) {
        this.all = List.copyOf(all);
        all.forEach(table -> byId.put(table.schema().id(), table));
    }

    /** Every table, by name. */
    public List<TableInfo> all() {
        return all;
    }

    /** The table with that id, if the history holds it. */
    public Optional<TableInfo> byId(TableId id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** The table's name, or its oid where the history does not hold it. */
    public String name(TableId id) {
        return byId(id).map(table -> table.schema().name().toString()).orElse("table with oid " + id);
    }

    /**
     * The table that an operator means by {@code users}, {@code shop.users} or {@code "My Table"}: the name as we print
     * it, with quotes taken as SQL takes them, without regard to case, else as the table was called once. Of a table that was dropped and made anew it is the
     * newest one.
     *
     * @throws RowbackException of code USAGE if there is none or the name fits several
     */
    public TableInfo named(String text) {
        Name name = Name.parse(text);
        List<Predicate<TableInfo>> attempts = List.of(
                table -> text.equals(table.schema().name().toString()),
                table -> name.fits(table.schema().name(), String::equals),
                table -> name.fits(table.schema().name(), String::equalsIgnoreCase),
                table -> table.schemas().stream()
                        .anyMatch(version -> name.fits(version.schema().name(), String::equals)));
        for (Predicate<TableInfo> attempt : attempts) {
            List<TableInfo> found = newest(all.stream().filter(attempt));
            if (found.size() == 1) {
                return found.get(0);
            }
            if (found.size() > 1) {
                return inPublic(found).orElseThrow(() -> ambiguous(text, found));
            }
        }
        throw new RowbackException(ErrorCode.USAGE, "the history holds no table " + text, nearest(name.table()));
    }

    /** Of tables with one name the one that is covered furthest, then the one with the highest oid. */
    private static List<TableInfo> newest(Stream<TableInfo> tables) {
        Map<TableName, TableInfo> newest = new HashMap<>();
        tables.forEach(table -> newest.merge(
                table.schema().name(),
                table,
                (one, other) -> Comparator.comparing(Tables::coveredTo)
                                        .thenComparing(info -> info.schema().id())
                                        .compare(one, other)
                                > 0
                        ? one
                        : other));
        return newest.values().stream()
                .sorted(Comparator.comparing(table -> table.schema().name()))
                .toList();
    }

    private static Lsn coveredTo(TableInfo table) {
        return table.coverage().stream().map(Coverage::to).reduce(Lsn.ZERO, (older, newer) -> newer);
    }

    private static Optional<TableInfo> inPublic(List<TableInfo> found) {
        List<TableInfo> inPublic = found.stream()
                .filter(table -> table.schema().name().schema().equals("public"))
                .toList();
        return inPublic.size() == 1 ? Optional.of(inPublic.get(0)) : Optional.empty();
    }

    private static RowbackException ambiguous(String text, List<TableInfo> found) {
        String names =
                found.stream().map(table -> Name.quoted(table.schema().name())).collect(Collectors.joining(", "));
        return new RowbackException(
                ErrorCode.USAGE, text + " names several tables", "Name one of " + names + ", quotes included.");
    }

    private String nearest(String name) {
        List<String> names = all.stream()
                .map(table -> table.schema().name())
                .distinct()
                .sorted(Comparator.comparing(candidate -> Nearness.distance(name, candidate.name())))
                .limit(3)
                .map(TableName::toString)
                .toList();
        return names.isEmpty()
                ? "No table is captured yet; see rowback status."
                : "Nearest names: " + String.join(", ", names) + ". All of them: rowback tables.";
    }

    /** A name as typed, its parts without quotes. */
    private record Name(@Nullable String schema, String table) {
        static Name parse(String text) {
            List<String> parts = new ArrayList<>();
            StringBuilder part = new StringBuilder();
            boolean quoted = false;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == '"' && quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    part.append(c);
                    i++;
                } else if (c == '"') {
                    quoted = !quoted;
                } else if (c == '.' && !quoted && parts.isEmpty()) {
                    parts.add(part.toString());
                    part.setLength(0);
                } else {
                    part.append(c);
                }
            }
            return parts.isEmpty() ? new Name(null, part.toString()) : new Name(parts.get(0), part.toString());
        }

        boolean fits(TableName name, BiPredicate<String, String> same) {
            return same.test(table, name.name())
                    && (schema == null || same.test(Objects.requireNonNull(schema), name.schema()));
        }

        static String quoted(TableName name) {
            return quoted(name.schema()) + "." + quoted(name.name());
        }

        private static String quoted(String part) {
            return '"' + part.replace("\"", "\"\"") + '"';
        }
    }
}
