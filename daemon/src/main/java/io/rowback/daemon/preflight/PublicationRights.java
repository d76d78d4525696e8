package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.PUBLICATION;

import io.rowback.daemon.tables.Publication;
import io.rowback.daemon.tables.Survey;
import io.rowback.history.TableId;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether our role can put the tables into the publication that are to be captured and are not in it. */
final class PublicationRights {
    private PublicationRights() {}

    private static boolean isRefusal(Finding finding) {
        return finding.topic() == PUBLICATION && finding.level() == Finding.Level.FAIL;
    }

    static void look(Connection connection, Config.Database database, Survey survey, List<Finding> findings)
            throws SQLException {
        List<CatalogTable> missing = survey.unpublished();
        Publication publication = new Publication(connection, database.publication());
        Optional<Publication.Definition> definition = publication.definition();
        if (definition.isEmpty() && findings.stream().anyMatch(PublicationRights::isRefusal)) {
            // That our role may not even create it was told, with the SQL for all tables.
            return;
        }
        Set<TableId> addable =
                definition.map(Publication.Definition::ours).orElse(true) ? survey.owned(connection) : Set.of();
        String name = "publication " + database.publication();
        String sql = definition.isEmpty() ? publication.createSql(survey.capturable()) : publication.addSql(missing);
        if (addable.isEmpty()
                && !missing.isEmpty()
                && missing.size() == survey.capturable().size()) {
            findings.add(PUBLICATION.fail(name + " lists no table, and our role may add none", sql));
        } else if (definition.isEmpty() && addable.size() < missing.size()) {
            findings.add(PUBLICATION.warn(
                    name + " will be created without " + (missing.size() - addable.size())
                            + " tables, which our role does not own",
                    sql));
        }
    }
}
