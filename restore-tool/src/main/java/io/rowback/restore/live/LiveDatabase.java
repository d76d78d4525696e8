package io.rowback.restore.live;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.HistoryReader;
import io.rowback.history.Hole;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.Connections;
import io.rowback.postgres.Literals;
import io.rowback.restore.plan.CurrentRows;
import io.rowback.restore.plan.Draft;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.RestoreRequest.ConflictMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A live database in one snapshot, which it never changes: the rows that a plan is made for, and what stands in the way of
 * writing them. Confined to one thread.
 */
public final class LiveDatabase implements CurrentRows, AutoCloseable {
    private static final String IDENTITY =
            "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text,"
                    // A name that is too long is cut short wherever it is typed, so in the history's configuration.
                    + " current_database(), %s::name = current_database(), pg_catalog.pg_is_in_recovery(),"
                    + " CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_wal_insert_lsn() END::text";

    private final Session session;
    private final Connections connections;
    private final StoreInfo history;
    private final boolean copy;
    private final Lsn stands;
    private final Map<TableId, LiveTable> tables = new LinkedHashMap<>();
    private final Map<TableId, TableFacts> facts = new HashMap<>();
    private final List<Difference> differences = new ArrayList<>();

    private LiveDatabase(Session session, Connections connections, StoreInfo history, boolean copy, Lsn stands) {
        this.session = session;
        this.connections = connections;
        this.history = history;
        this.copy = copy;
        this.stands = stands;
    }

    /**
     * Connects and takes the snapshot.
     *
     * @param history whose rows are to be put back
     * @param copy whether the database is a copy of the history's with an identity of its own
     * @throws RowbackException of code REFUSED if it is another database than that, NO_POSTGRES if it cannot be reached
     */
    public static LiveDatabase open(Connections connections, StoreInfo history, boolean copy) {
        Session session = new Session(connections);
        try {
            return session.row(IDENTITY.formatted(Literals.quote(history.database())), row -> {
                String system = row.getString(1);
                String name = row.getString(2);
                boolean same = history.systemIdentifier().equals(system) && row.getBoolean(3);
                if (row.getBoolean(4)) {
                    throw new RowbackException(
                            ErrorCode.REFUSED,
                            connections.settings()
                                    + " is a standby, whose rows may be older and which nobody can write to",
                            "Name the primary as --target.");
                }
                if (!same && !copy) {
                    throw new RowbackException(
                            ErrorCode.REFUSED,
                            "the history is of database " + history.database() + " of server "
                                    + history.systemIdentifier() + ", the target is database " + name + " of server "
                                    + system,
                            "If it is a copy, loaded from a dump say, add --copy: tables and columns are found by name"
                                    + " then.");
                }
                return new LiveDatabase(session, connections, history, !same, Lsn.parse(row.getString(5)));
            });
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** How it is reached, with the password that was typed, if one was. */
    public Connections connections() {
        return connections;
    }

    @Override
    public List<TableInfo> tables(List<TableInfo> known) {
        List<LiveTable> live = session.with(
                connection -> new LiveTables(new Catalog(connection).tables(), copy, history.durable()).of(known));
        live.forEach(table -> tables.put(table.schema().id(), table));
        return live.stream().map(LiveTable::info).toList();
    }

    /** Whether there is no such table any more. */
    public boolean isGone(TableInfo table) {
        tables(List.of(table));
        return !has(table);
    }

    @Override
    public boolean areLast() {
        return false;
    }

    @Override
    public Optional<String> obstacle(TableInfo table) {
        return Optional.ofNullable(table(table.schema().id()).obstacle());
    }

    @Override
    public Map<RowKey, RowImage> rows(TableInfo table, Map<RowKey, Optional<RowImage>> last) {
        TableId id = table.schema().id();
        Map<RowKey, RowImage> rows = new LiveRows(session).read(table.schema(), facts(id), last.keySet());
        last.forEach((key, image) -> {
            String what = difference(image.orElse(null), rows.get(key));
            if (what != null) {
                differences.add(new Difference(table.schema(), key, what + ": " + why(table)));
            }
        });
        return rows;
    }

    @Override
    public Map<RowKey, Long> counts(TableInfo table, Map<RowKey, Long> last) {
        TableSchema schema = table.schema();
        Map<RowKey, Long> counts = new LiveRows(session).count(schema, facts(schema.id()), last.keySet());
        last.forEach((key, known) -> {
            long there = counts.computeIfAbsent(key, none -> 0L);
            if (known != there) {
                differences.add(new Difference(
                        schema,
                        key,
                        "it is there " + there + " times, for the history " + known + " times: " + why(table)));
            }
        });
        return counts;
    }

    @Override
    public Set<RowKey> present(TableInfo table, Set<RowKey> keys) {
        LiveTable live = table(table.schema().id());
        String oid = Long.toString(live.oid());
        // Rows that we cannot see may be there: a foreign key is checked in the name of the table's owner.
        boolean seen = live.obstacle() == null
                && session.row(
                        "SELECT has_table_privilege(" + oid + ", 'SELECT') AND NOT row_security_active(" + oid + ")",
                        row -> row.getBoolean(1));
        return seen
                ? new LiveRows(session)
                        .read(table.schema(), facts(table.schema().id()), keys)
                        .keySet()
                : keys;
    }

    /** Where the server's log stood when the snapshot was taken: every commit that it sees lies below. */
    public Lsn stands() {
        return stands;
    }

    /** Whether the table exists there; {@link #tables} was asked for it before. */
    public boolean has(TableInfo table) {
        return table(table.schema().id()).oid() != 0;
    }

    /** Whether it is a copy of the history's database, whose log tells nothing of the history's. */
    public boolean isCopy() {
        return copy;
    }

    /**
     * Compares all rows of a table with those that the history holds; {@link #tables} was asked for it before.
     *
     * @param reader the history, which goes on to where the server stood if it could be waited for
     * @param table what it knows of the table, which is covered at its end, or where the server stood, whichever is first
     * @param differences takes each difference
     * @param progress takes how many rows of the table were compared so far
     * @throws RowbackException of code REFUSED if our role cannot see all rows, NOT_COVERED if the history cannot tell
     */
    public Compared compare(
            HistoryReader reader, TableInfo table, Consumer<RowDifference> differences, Consumer<Long> progress) {
        Lsn durable = reader.info().durable();
        Lsn at = copy || durable.isBefore(stands) ? durable : stands;
        Visibility snapshot = copy ? null : session.row(Visibility.SQL, row -> Visibility.parse(row.getString(1)));
        TableId id = table.schema().id();
        session.endWithUs();
        return table.schema().hasKey()
                ? new TableComparison(session, table(id), facts(id), reader, table, at, snapshot, differences)
                        .compare(progress)
                : new EqualRowsComparison(table(id), reader, table, at, snapshot, differences)
                        .compare(session, facts(id), progress);
    }

    /** What writing this plan, which was made for this database, would do and meet. */
    public Preview preview(RestorePlan plan) {
        return new Preview(connections.settings().toString(), differences, new PreviewItems(session, tables).of(plan));
    }

    private static @Nullable String difference(@Nullable RowImage last, @Nullable RowImage there) {
        if (last == null) {
            return there == null ? null : "it is there, for the history it is gone";
        }
        if (there == null) {
            return "it is gone, for the history it is there";
        }
        String columns = there.contradictions(last).stream().map(Column::name).collect(Collectors.joining(", "));
        return columns.isEmpty() ? null : "it holds other values than the history's last image in " + columns;
    }

    /** Why a row can be otherwise than the history says. */
    private String why(TableInfo table) {
        List<Gap> gaps = history.gaps();
        Hole hole = table.holes(gaps).stream()
                .reduce((older, newer) -> newer)
                .filter(newest -> newest.to().equals(Lsn.MAX))
                .orElse(null);
        if (hole != null) {
            return hole.toString();
        }
        if (copy) {
            return "the copy has gone its own way, or was made at another time";
        }
        return history.durable().isBefore(stands)
                ? "the history ends at LSN " + history.durable() + ", the server stands at " + stands
                        + ", so it may have been changed behind that"
                : "it was changed without being captured";
    }

    @Override
    public Obstacles obstacles(List<Draft> drafts, ConflictMode conflictMode) {
        WriteChecks checks = new WriteChecks(session, List.copyOf(tables.values()), drafts, conflictMode);
        drafts.stream().map(draft -> draft.table().id()).distinct().forEach(id -> checks.check(table(id), facts(id)));
        return new Obstacles(checks.findings(), checks.holders(), checks.deferrable());
    }

    private LiveTable table(TableId id) {
        return Objects.requireNonNull(tables.get(id), "the history's tables were looked up first");
    }

    private TableFacts facts(TableId id) {
        return facts.computeIfAbsent(id, unknown -> TableFacts.read(session, table(id)));
    }

    @Override
    public void close() {
        session.close();
    }
}
