package io.rowback.restore.query;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Nearness;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
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
     * What a name stands for.
     *
     * @param tables one table, or all that are or once were partitions, at any depth, of the table of that name
     * @param root the partitioned table's name, or null where the name is that of a table itself
     */
    public record Named(List<TableInfo> tables, @Nullable TableName root) {
        /** Those that hold its rows at that moment. A partition that is known only from later on is not among them. */
        public List<TableInfo> at(Lsn at) {
            return tables.stream()
                    .filter(table -> root == null
                            || (!at.isBefore(table.schemas().get(0).from())
                                    && table.schema(at).partitionOf().contains(root)))
                    .toList();
        }

        /** The partitions that are known only from later than that moment on. */
        public List<TableInfo> laterThan(Lsn at) {
            return tables.stream()
                    .filter(table ->
                            root != null && at.isBefore(table.schemas().get(0).from()))
                    .toList();
        }

        /** The name, for messages. */
        public TableName name() {
            return root == null ? tables.get(0).schema().name() : root;
        }
    }

    /**
     * What an operator means by {@code users}, {@code shop.users} or {@code "My Table"}: the table of that name as we print
     * it, with quotes taken as SQL takes them, without regard to case, else the partitions of the table of that name, else
     * the table that was called so once. Of a table that was dropped and made anew it is the newest one, also where that is
     * a partitioned one.
     *
     * @throws RowbackException of code USAGE if there is none or the name fits several
     */
    public Named named(String text) {
        Name name = Name.parse(text);
        return table(
                        text,
                        List.of(
                                table -> text.equals(table.schema().name().toString()),
                                table -> name.fits(table.schema().name(), String::equals),
                                table -> name.fits(table.schema().name(), String::equalsIgnoreCase)))
                .map(this::asMadeLast)
                .or(() -> partitions(text, name))
                .or(() -> table(text, List.of(table -> table.schemas().stream()
                        .anyMatch(version -> name.fits(version.schema().name(), String::equals)))))
                .orElseThrow(() -> new RowbackException(
                        ErrorCode.USAGE, "the history holds no table " + text, nearest(name.table())));
    }

    private Optional<Named> table(String text, List<Predicate<TableInfo>> attempts) {
        for (Predicate<TableInfo> attempt : attempts) {
            List<TableInfo> found = newest(all.stream().filter(attempt));
            if (!found.isEmpty()) {
                List<TableName> names =
                        found.stream().map(table -> table.schema().name()).toList();
                TableName meant = only(text, names);
                return Optional.of(new Named(found.subList(names.indexOf(meant), names.indexOf(meant) + 1), null));
            }
        }
        return Optional.empty();
    }

    private Optional<Named> partitions(String text, Name name) {
        for (BiPredicate<String, String> same :
                List.<BiPredicate<String, String>>of(String::equals, String::equalsIgnoreCase)) {
            List<TableName> roots = all.stream()
                    .flatMap(Tables::ancestors)
                    .filter(ancestor -> name.fits(ancestor, same))
                    .distinct()
                    .sorted()
                    .toList();
            if (!roots.isEmpty()) {
                TableName root = only(text, roots);
                return Optional.of(partitions(root));
            }
        }
        return Optional.empty();
    }

    private Named partitions(TableName root) {
        return new Named(
                all.stream()
                        .filter(table -> ancestors(table).anyMatch(root::equals))
                        .toList(),
                root);
    }

    /** A table, or the partitioned one of the same name some partition of which is covered further. */
    private Named asMadeLast(Named table) {
        TableName name = table.name();
        Lsn end = coveredTo(table.tables().get(0));
        boolean replaced = all.stream()
                .filter(other -> other.schema().partitionOf().contains(name))
                .anyMatch(partition -> end.isBefore(coveredTo(partition)));
        return replaced ? partitions(name) : table;
    }

    /** Of partitions those in which a key names a row: the ones that have one, where any has; else all, by fingerprints. */
    public static List<TableInfo> identifying(List<TableInfo> tables, Function<TableInfo, TableSchema> schema) {
        List<TableInfo> keyed =
                tables.stream().filter(table -> schema.apply(table).hasKey()).toList();
        return keyed.isEmpty() ? tables : keyed;
    }

    private static Stream<TableName> ancestors(TableInfo table) {
        return table.schemas().stream().flatMap(version -> version.schema().partitionOf().stream());
    }

    /** The only one of these names, or the only one in schema public. */
    private static TableName only(String text, List<TableName> names) {
        List<TableName> inPublic =
                names.stream().filter(name -> name.schema().equals("public")).toList();
        if (names.size() == 1 || inPublic.size() == 1) {
            return names.size() == 1 ? names.get(0) : inPublic.get(0);
        }
        String listed = names.stream().map(Name::quoted).collect(Collectors.joining(", "));
        throw new RowbackException(
                ErrorCode.USAGE, text + " names several tables", "Name one of " + listed + ", quotes included.");
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

    private String nearest(String name) {
        List<String> names = Stream.concat(
                        all.stream().map(table -> table.schema().name()),
                        all.stream().flatMap(Tables::ancestors))
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
