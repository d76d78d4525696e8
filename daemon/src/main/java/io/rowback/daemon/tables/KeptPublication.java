package io.rowback.daemon.tables;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The publication as we keep it up: makes it, adds what can be captured, takes out what cannot. Confined to one thread. */
final class KeptPublication {
    private static final Logger LOG = LoggerFactory.getLogger(KeptPublication.class);
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final Config.Database database;
    private final Connection connection;
    private final Publication publication;

    KeptPublication(Config.Database database, Connection connection) {
        this.database = database;
        this.connection = connection;
        this.publication = new Publication(connection, database.publication());
    }

    /**
     * Sees to it that the publication exists and, if it does not or this is the first time, that it lists the tables that
     * can be captured.
     *
     * @throws RowbackException of code REFUSED if our role may not and nothing could be captured; the hint is the SQL
     */
    void publish(boolean first) throws SQLException {
        if (publication.definition().isPresent() && !first) {
            return;
        }
        Survey after = maintain(Survey.read(connection, database));
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

    /** Makes the publication if there is none, adds what can be captured, takes out what cannot; says how it is then. */
    Survey maintain(Survey survey) throws SQLException {
        Optional<Publication.Definition> definition = publication.definition();
        if (definition.isEmpty()) {
            create(survey);
        } else if (definition.get().allTables()) {
            return survey;
        }
        boolean changed = definition.isEmpty();
        for (CatalogTable table : survey.unpublished()) {
            changed |= attempt(() -> publication.add(table), "added " + table.name() + " to");
        }
        changed |= takeOut(survey);
        return changed ? Survey.read(connection, database) : survey;
    }

    /** Left in, a table without a replica identity makes the application's UPDATE fail. */
    private boolean takeOut(Survey survey) throws SQLException {
        boolean changed = false;
        for (CatalogTable table : survey.tables()) {
            boolean harmful = table.obstacle() != null || survey.broken().contains(table.id());
            if (harmful && survey.listed().contains(table.id())) {
                changed |= attempt(() -> publication.drop(table), "took " + table.name() + " out of");
            }
        }
        return changed;
    }

    private void create(Survey survey) throws SQLException {
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
            if (TableWatch.isConnectionLost(e)) {
                throw e;
            }
            // The table is reported as not covered, with the SQL that mends it.
            LOG.debug("not {} publication {}", what, database.publication(), e);
            return false;
        }
    }
}
