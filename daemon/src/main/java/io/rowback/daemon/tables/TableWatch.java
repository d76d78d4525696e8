package io.rowback.daemon.tables;

import io.rowback.daemon.disk.StoreRoom;
import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.RowbackException;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings three things together: the tables that there are, those that the publication lists, and those that the history
 * covers. Each look adds what can be captured to the publication, ends the coverage of what is gone, and has the baseline
 * taken of what is new. Confined to one thread, but for {@link #close}, and {@link #completeUntil}, which is confined to
 * another.
 */
public final class TableWatch implements AutoCloseable {
    private static final int READS_MAX = 10;

    private static final Logger LOG = LoggerFactory.getLogger(TableWatch.class);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Config.Database database;
    private final HistoryWriter writer;
    private final DatabaseMetrics metrics;
    private final OpenConnections connections;
    private final OpenConnections answering;
    private final LastLook last;
    private final DueBaselines baselines;
    private List<NotCovered> reported = List.of();
    /** Where the log ended earlier, until the history is there. */
    private @Nullable LogEnd awaited;

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
        this.last = new LastLook(writer);
    }

    /** Starts out from what the history knows: to be called once it agrees with the server, before the first look. */
    public void begin() {
        last.begin();
    }

    /**
     * Takes away what is left of baselines that a lost connection or a kill ended: their tables may be gone, and never be
     * tried again. To be called before the first look; may take long.
     */
    public void abandonBaselines() {
        writer.abandonBaselines();
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
        // What has changed since there were tables is for the first look, which does not keep the stream waiting.
        new KeptPublication(database, connection).publish(writer.tables().isEmpty());
    }

    /** One look. Baselines that it finds due are begun; a later one hears of their end. */
    public void look(Connection connection) throws SQLException {
        baselines.hear();
        Lsn now = LogEnd.read(connection).lsn();
        Publication publication = new Publication(connection, database.publication());
        Survey before;
        Map<TableId, String> published;
        Lsn noticed;
        int reads = 0;
        do {
            before = Survey.read(connection, database);
            published = publication.memberships();
            noticed = LogEnd.read(connection).lsn();
            reads++;
            // What was altered once more before the log ended there is not what a table is from there on.
        } while (reads < READS_MAX
                && last.findsAltered(before)
                && !Survey.read(connection, database).equals(before));
        // Of those too that cannot be covered now: they may be rewritten, and be as they were by the next look.
        Map<TableId, TableForm> found = TableForms.read(connection, ids(before.tables()));
        last.compare(before, published, found, noticed, baselines.taken()).forEach(baselines::spoil);
        Survey survey = new KeptPublication(database, connection).maintain(before);
        Map<TableId, TableForm> forms =
                new HashMap<>(survey.equals(before) ? Map.of() : TableForms.read(connection, ids(survey.tables())));
        // What was read later may tell what was not compared yet.
        forms.putAll(found);
        Map<TableId, String> memberships = publication.memberships();
        memberships.putAll(published);
        new Partitions(database, writer).describe(survey, now);
        last.keep(now, memberships, forms);
        baselines.find(survey.coverable(), last.ending());
        baselines.begin();
        report(survey);
    }

    private static Set<TableId> ids(List<CatalogTable> tables) {
        return tables.stream().map(CatalogTable::id).collect(Collectors.toSet());
    }

    /**
     * Says up to which time the history is complete, once it has reached where the log ended when this was called before.
     * By itself, since a look waits for locks.
     */
    public void completeUntil(LogEnd now) {
        if (awaited != null && !writer.info().durable().isBefore(awaited.lsn())) {
            writer.completeUntil(awaited.time());
            awaited = null;
        }
        if (awaited == null) {
            awaited = now;
        }
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
        return last.ending().isEmpty();
    }

    /** Whether baselines have ended of which the next look is to hear. */
    public boolean isAnyBaselineDone() {
        return baselines.isAnyDone();
    }

    /** Where the newest baseline holds, or {@link Lsn#ZERO} if none was needed; empty while any is being taken. */
    public Optional<Lsn> baselined() {
        return baselines.isIdle() ? Optional.of(baselines.newest()) : Optional.empty();
    }

    /** Cuts off whatever this waits for, and waits for the threads that take baselines. */
    @Override
    public void close() throws SQLException {
        try (baselines;
                answering) {
            connections.close();
        }
    }
}
