package io.rowback.daemon.tables;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.Published;
import io.rowback.history.RowbackException;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings three things together: the tables that there are, those that the publication lists, and those that the history
 * covers. Each look adds what can be captured to the publication, ends the coverage of what is gone, and takes the
 * baseline of what is new. Confined to one thread, but for {@link #close}, and {@link #lookAside}, which is confined to
 * another.
 */
public final class TableWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TableWatch.class);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final Config.Database database;
    private final HistoryWriter writer;
    private final DatabaseMetrics metrics;
    private final OpenConnections connections;
    private final OpenConnections answering;
    private final DueBaselines baselines;
    private List<NotCovered> reported = List.of();
    /** Where the log ended at an earlier look aside, until the history is there. */
    private @Nullable LogEnd awaited;
    /** Whether the look waits for baselines, which may take hours. */
    private volatile boolean takingBaselines;

    /** Up to here every covered table was seen to be published, and of the shape that {@link #seen} has. */
    private Lsn verified;
    /** How each table was published then. */
    private Map<TableId, String> memberships = new HashMap<>();

    /** The tables as the catalog had them at the last look, or the history before the first. */
    private final Map<TableId, TableSchema> seen = new HashMap<>();

    /** The forms of the tables then, by which the next look tells whose rows have another text without an event. */
    private Map<TableId, TableForm> forms = Map.of();

    /** The tables whose coverage ends as soon as everything is held that was written before that was noticed. */
    private final Map<TableId, Ending> endings = new HashMap<>();

    /**
     * The coming end of a coverage.
     *
     * @param verified up to here nothing was amiss
     * @param noticed where the log ended when something was
     */
    private record Ending(Lsn verified, Lsn noticed) {}

    public TableWatch(
            Config.Database database,
            Connections connections,
            HistoryWriter writer,
            DatabaseMetrics metrics,
            StoreRoom room,
            RebaselineRequests requests) {
        this.database = database;
        this.writer = writer;
        this.metrics = metrics;
        this.connections = new OpenConnections(connections);
        this.answering = new OpenConnections(connections.answeringWithin(PATIENCE));
        Baseline baseline = new Baseline(this.connections, writer, metrics, room);
        this.baselines = new DueBaselines(database.name(), writer, room, requests, baseline);
        this.verified = writer.info().durable();
    }

    /** Starts out from what the history knows: to be called once it agrees with the server, before the first look. */
    public void begin() {
        Published last = writer.published();
        verified = last.equals(Published.NEVER) ? writer.info().durable() : last.verified();
        memberships = last.memberships();
        forms = writer.forms().stream().collect(Collectors.toMap(TableForm::table, form -> form));
        writer.tables().forEach(table -> seen.put(table.schema().id(), table.schema()));
    }

    /** An ordinary connection that {@link #close} cuts off; the server may take its time to answer. */
    public Connection connect() throws SQLException {
        return connections.open();
    }

    /** A connection for {@link #look}, which notices a network that is gone without a word, and waits for no lock for long. */
    public Connection connectToLook() throws SQLException {
        Connection connection = answering.open();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = '" + TableCopy.LOCK_TIMEOUT + "'");
        }
        return connection;
    }

    /**
     * Sees to it that the publication exists and lists the tables that can be captured.
     *
     * @throws RowbackException of code REFUSED if our role may not and nothing could be captured; the hint is the SQL
     */
    public void publish(Connection connection) throws SQLException {
        Publication publication = new Publication(connection, database.publication());
        if (publication.definition().isPresent() && !writer.tables().isEmpty()) {
            // What has changed since is for the first look, which does not keep the stream waiting.
            return;
        }
        Survey after = maintain(publication, Survey.read(connection, database), connection);
        if (!after.capturable().isEmpty()
                && after.unpublished().size() == after.capturable().size()) {
            throw new RowbackException(
                    ErrorCode.REFUSED,
                    "publication " + database.publication() + " lists no table and role " + after.role()
                            + " may not add any",
                    "A superuser, or the owner of publication and tables, runs: "
                            + publication.addSql(after.capturable()));
        }
    }

    private static RowbackException refused(SQLException failure, String sql) {
        if (!INSUFFICIENT_PRIVILEGE.equals(failure.getSQLState())) {
            throw new RowbackException(
                    ErrorCode.FAILED, "the publication cannot be created: " + failure.getMessage(), sql, failure);
        }
        return new RowbackException(
                ErrorCode.REFUSED, "our role may not create the publication", "A superuser runs: " + sql, failure);
    }

    /** One look. Returns where the newest baseline holds, or {@link Lsn#ZERO} if none was needed. */
    public Lsn look(Connection connection) throws SQLException, InterruptedException {
        Lsn now = LogEnd.read(connection).lsn();
        Publication publication = new Publication(connection, database.publication());
        Survey before = Survey.read(connection, database);
        Map<TableId, String> published = publication.memberships();
        Lsn noticed = LogEnd.read(connection).lsn();
        noteAltered(before, noticed);
        Map<TableId, TableForm> found = TableForms.read(connection, ids(before.coverable()));
        endCoverage(before, published, found, noticed);
        Survey survey = maintain(publication, before, connection);
        keepForms(survey.equals(before) ? Map.of() : TableForms.read(connection, ids(survey.coverable())), found);
        memberships = publication.memberships();
        memberships.putAll(published);
        new Partitions(database, writer).describe(survey, now);
        verified = now;
        keepPublished();
        baselines.find(survey.coverable(), endings.keySet());
        report(survey);
        takingBaselines = true;
        Lsn at;
        try {
            at = baselines.take();
        } finally {
            takingBaselines = false;
        }
        report(survey);
        return at;
    }

    /** What cannot wait for a look that takes baselines: how far the history is complete, and that no UPDATE fails. */
    public void lookAside(Connection connection) throws SQLException {
        completeUntil(LogEnd.read(connection));
        if (takingBaselines) {
            Publication publication = new Publication(connection, database.publication());
            boolean allTables = publication
                    .definition()
                    .map(Publication.Definition::allTables)
                    .orElse(true);
            if (!allTables) {
                takeOut(publication, Survey.read(connection, database));
            }
        }
    }

    /**
     * Stores what the next look compares with, of a new table before its baseline is taken.
     *
     * @param added may be newer than {@code found}, and tell what was not yet compared
     */
    private void keepForms(Map<TableId, TableForm> added, Map<TableId, TableForm> found) {
        Map<TableId, TableForm> now = new HashMap<>(added);
        now.putAll(found);
        if (!now.equals(forms)) {
            forms = now;
            writer.forms(forms.values().stream()
                    .sorted(Comparator.comparing(TableForm::table))
                    .toList());
        }
    }

    private static Set<TableId> ids(List<CatalogTable> tables) {
        return tables.stream().map(CatalogTable::id).collect(Collectors.toSet());
    }

    /** Stores what the next daemon compares with; not while a coverage waits for its end, which it would have to find again. */
    private void keepPublished() {
        if (endings.isEmpty()) {
            writer.published(Published.of(verified, memberships));
        }
    }

    /** Says up to which time the history is complete, once it has reached where the log ended at an earlier look. */
    private void completeUntil(LogEnd now) {
        if (awaited != null && !writer.info().durable().isBefore(awaited.lsn())) {
            writer.completeUntil(awaited.time());
            awaited = null;
        }
        if (awaited == null) {
            awaited = now;
        }
    }

    /** Makes the publication if there is none, adds what can be captured, takes out what cannot; says how it is then. */
    private Survey maintain(Publication publication, Survey survey, Connection connection) throws SQLException {
        Optional<Publication.Definition> definition = publication.definition();
        if (definition.isEmpty()) {
            create(publication, survey);
        } else if (definition.get().allTables()) {
            return survey;
        }
        boolean changed = definition.isEmpty();
        for (CatalogTable table : survey.unpublished()) {
            changed |= attempt(() -> publication.add(table), "added " + table.name() + " to");
        }
        changed |= takeOut(publication, survey);
        return changed ? Survey.read(connection, database) : survey;
    }

    /** Left in, a table without a replica identity makes the application's UPDATE fail. */
    private boolean takeOut(Publication publication, Survey survey) throws SQLException {
        boolean changed = false;
        for (CatalogTable table : survey.tables()) {
            boolean harmful = table.obstacle() != null || survey.broken().contains(table.id());
            if (harmful && survey.listed().contains(table.id())) {
                changed |= attempt(() -> publication.drop(table), "took " + table.name() + " out of");
            }
        }
        return changed;
    }

    private void create(Publication publication, Survey survey) throws SQLException {
        try {
            publication.create(List.of());
            LOG.info("created publication {}", database.publication());
        } catch (SQLException e) {
            throw refused(e, publication.createSql(survey.capturable()));
        }
    }

    private interface Attempt {
        void run() throws SQLException;
    }

    private boolean attempt(Attempt attempt, String what) throws SQLException {
        try {
            attempt.run();
            LOG.info("{} publication {}", what, database.publication());
            return true;
        } catch (SQLException e) {
            if (isConnectionLost(e)) {
                throw e;
            }
            // The table is reported as not covered, with the SQL that mends it.
            LOG.debug("not {} publication {}", what, database.publication(), e);
            return false;
        }
    }

    /** Of a change of a table's definition the log tells nothing before the table is next written to. */
    private void noteAltered(Survey survey, Lsn at) {
        for (CatalogTable table : survey.coverable()) {
            TableSchema now = Objects.requireNonNull(table.schema());
            TableSchema before = seen.put(table.id(), now);
            if (before != null && !before.equals(now)) {
                writer.altered(now, verified, at);
            }
        }
    }

    /**
     * Ends the coverage of what is not published any more, or was not for a while since the last look, and of tables whose
     * rows have another text without an event: at the last look. And of tables that are gone or have other keys: at the
     * last change that was stored of them, once all is held that can have come before.
     */
    private void endCoverage(
            Survey survey, Map<TableId, String> published, Map<TableId, TableForm> found, Lsn noticed) {
        // What cannot be captured is not put back either, so that its last stored change tells best where it ended.
        Set<TableId> capturable = ids(survey.capturable());
        Map<TableId, CatalogTable> coverable =
                survey.coverable().stream().collect(Collectors.toMap(CatalogTable::id, table -> table));
        for (TableInfo table : writer.tables()) {
            TableId id = table.schema().id();
            String now = published.get(id);
            boolean otherwise = !Objects.equals(memberships.getOrDefault(id, now), now);
            boolean interrupted =
                    capturable.contains(id) && (otherwise || survey.narrowed().contains(id));
            if (table.isCovered() && !endings.containsKey(id)) {
                if (interrupted) {
                    endCoverage(table, verified, "not published, or not as a whole, if only for a while");
                } else if (tellsOtherwise(found.get(id), forms.get(id))) {
                    endCoverage(table, verified, "its rows were rewritten, or a type prints its values otherwise");
                } else if (!survey.listed().contains(id) && mayHaveBeenUnlogged(found.get(id), forms.get(id))) {
                    // Of a table that a publication lists the server refuses it.
                    endCoverage(table, verified, "it may have been unlogged for a while");
                } else if (!hasSameKeys(coverable.get(id), table)) {
                    endings.put(id, new Ending(verified, noticed));
                }
            }
            Ending ending = endings.get(id);
            if (ending != null && !writer.info().durable().isBefore(ending.noticed())) {
                Lsn behindLastChange = writer.lastCommit(id).next();
                boolean later = ending.verified().isBefore(behindLastChange);
                endCoverage(
                        table,
                        later ? behindLastChange : ending.verified(),
                        "dropped, no longer captured, or its rows have other keys");
                endings.remove(id);
            }
        }
    }

    private void endCoverage(TableInfo table, Lsn at, String reason) {
        LOG.warn("coverage of {} ends at {}: {}", table.schema().name(), at, reason);
        writer.uncovered(table.schema().id(), at);
    }

    private static boolean tellsOtherwise(@Nullable TableForm now, @Nullable TableForm before) {
        return now != null && before != null && now.tellsOtherwiseThan(before);
    }

    private static boolean mayHaveBeenUnlogged(@Nullable TableForm now, @Nullable TableForm before) {
        return now != null && before != null && now.mayHaveBeenUnloggedSince(before);
    }

    private static boolean hasSameKeys(@Nullable CatalogTable table, TableInfo info) {
        return table != null && Objects.requireNonNull(table.schema()).identifiesRowsAs(info.baselineSchema());
    }

    static boolean isConnectionLost(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        return state.startsWith("08") || state.startsWith("57P");
    }

    /** Says which tables are not covered and what mends it, whenever that has changed. One that waits is not covered yet. */
    private void report(Survey survey) {
        int pending = baselines.pending();
        List<NotCovered> failures = baselines.failures();
        List<NotCovered> uncovered =
                Stream.concat(survey.uncovered().stream(), failures.stream()).toList();
        metrics.pendingBaselines(pending);
        metrics.tables(survey.coverable().size() - pending - failures.size(), uncovered.size() + pending);
        if (!uncovered.equals(writer.info().notCovered())) {
            writer.notCovered(uncovered);
        }
        if (!uncovered.equals(reported)) {
            Set<NotCovered> news = new HashSet<>(uncovered);
            reported.forEach(news::remove);
            for (NotCovered table : news) {
                LOG.warn(
                        "{} is not covered: {}{}",
                        table.table(),
                        table.reason(),
                        table.mend() == null ? "" : "; to mend it: " + table.mend());
            }
            reported = uncovered;
        }
    }

    /** Whether nothing is left that waits for the history only, so that the next look need not come soon. */
    public boolean isSettled() {
        return endings.isEmpty();
    }

    /** Cuts off whatever this waits for. */
    @Override
    public void close() throws SQLException {
        try {
            connections.close();
        } finally {
            answering.close();
        }
    }
}
