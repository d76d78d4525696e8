package io.rowback.daemon.preflight;

import io.rowback.daemon.tables.DueBaselines;
import io.rowback.daemon.tables.Survey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.store.Questions;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All that an operator should know of a database and its server: {@link Preflight}, and what no capture is kept from by. */
public final class Diagnosis {
    private static final Logger LOG = LoggerFactory.getLogger(Diagnosis.class);

    private Diagnosis() {}

    /**
     * Looks at everything on the server, in a session that can write nothing.
     *
     * @param findings takes what is found, also before a failure
     * @return how many bytes the database has; NaN if that is no matter
     */
    public static double server(Connections connections, Config.Database database, List<Finding> findings)
            throws SQLException {
        try (Connection connection = connections.open();
                Statement statement = connection.createStatement()) {
            statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
            Preflight.look(connection, database, findings);
            if (!isOfUse(statement)) {
                return Double.NaN;
            }
            ServerHabits.look(connection, database, findings);
            SlotHealth.look(connection, database, findings);
            tables(connection, database, findings);
            double databaseSize = Room.look(connection, findings);
            findings.add(ClockSkew.look(connection));
            return databaseSize;
        }
    }

    /**
     * Looks at the store, for which no server is needed.
     *
     * @param store its folder, which need not exist
     * @param minFree what is to stay free on its disk, in bytes
     * @param databaseSize how many bytes the database has; NaN if that is not known
     */
    public static void store(Path store, long minFree, double databaseSize, List<Finding> findings) {
        failedBaselines(store, findings);
        findings.add(Room.store(store, minFree, databaseSize));
    }

    /** The rest of a standby, or of a server that is too old, is no matter: it cannot be captured. */
    private static boolean isOfUse(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(Preflight.OF_USE)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static void tables(Connection connection, Config.Database database, List<Finding> findings)
            throws SQLException {
        Survey survey = Survey.read(connection, database);
        PublicationRights.look(connection, database, survey, findings);
        List<CatalogTable> captured = survey.published().isEmpty() ? survey.capturable() : survey.coverable();
        IdentityCost.look(connection, captured, findings);
        Set<TableId> ids = captured.stream().map(CatalogTable::id).collect(Collectors.toSet());
        UncoveredChildren.look(connection, database, ids, findings);
        Annotations.look(connection, database, ids, findings);
    }

    /** What the catalog does not tell, but the daemon did when it looked last. */
    private static void failedBaselines(Path store, List<Finding> findings) {
        if (!RocksHistoryReader.isStore(store)) {
            return;
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(store, Questions.FEW_ROWS_BY_LSN)) {
            reader.info().notCovered().stream()
                    .filter(table -> table.reason().startsWith(DueBaselines.FAILED))
                    .forEach(table -> findings.add(Finding.Topic.TABLE.warn(
                            table.table() + " is not covered: " + table.reason(),
                            "mend what is told there, or leave the table out by `exclude`")));
        } catch (RowbackException e) {
            // Of what is wrong with the store the look at its room tells.
            LOG.debug("the store cannot be read", e);
        }
    }
}
