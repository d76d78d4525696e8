package io.rowback.daemon.teardown;

import io.rowback.daemon.tables.Publication;
import io.rowback.daemon.tables.Slot;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.postgres.Catalog;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.Literals;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What there is of ours on a server, or must be supposed where it cannot be asked.
 *
 * @param slot the slot's name, quoted as a literal; null if it is not there or not ours
 * @param reader the server's process that reads it; 0 if nobody does
 * @param publication its name as SQL; null if it is not there
 * @param sharers other slots of this database that may read the publication
 * @param tables what may have to be set back
 * @param annotated whether annotate.sql was run
 */
public record Remains(
        @Nullable String slot,
        long reader,
        @Nullable String publication,
        List<String> sharers,
        List<FullTable> tables,
        boolean annotated) {
    private static final String READER =
            "SELECT COALESCE(active_pid, 0) FROM pg_catalog.pg_replication_slots WHERE slot_name = ?";

    private static final String SHARERS = """
            SELECT s.slot_name
              FROM pg_catalog.pg_replication_slots s
             WHERE s.slot_name <> ? AND s.plugin = 'pgoutput' AND s.database = pg_catalog.current_database()
               AND NOT s.temporary
             ORDER BY 1
            """;

    private static final String OTHER_PUBLICATIONS =
            "SELECT p.pubname FROM pg_catalog.pg_publication p WHERE p.pubname <> ? ORDER BY 1";

    private static final String ANNOTATED = """
            SELECT p.oid
              FROM pg_catalog.pg_proc p
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = ? AND p.proname = 'annotate'
            """;

    public Remains {
        sharers = List.copyOf(sharers);
        tables = List.copyOf(tables);
    }

    /** What the server has. */
    public static Remains find(Connection connection, Config.Database database, List<TableInfo> history)
            throws SQLException {
        Optional<Slot> slot = Slot.find(connection, database.slot())
                .filter(found -> Slot.PLUGIN.equals(found.plugin())
                        && database.connection().database().equals(found.database()));
        List<String> reader = slot.isPresent() ? texts(connection, READER, database.slot()) : List.of();
        Publication publication = new Publication(connection, database.publication());
        return new Remains(
                slot.isPresent() ? Literals.quote(database.slot()) : null,
                reader.isEmpty() ? 0 : Long.parseLong(reader.get(0)),
                publication.definition().isPresent() ? Identifiers.quote(database.publication()) : null,
                texts(connection, SHARERS, database.slot()),
                tables(connection, database, publication, history),
                !texts(connection, ANNOTATED, "rowback").isEmpty());
    }

    /** What must be supposed of a server that cannot be asked. */
    public static Remains suppose(Config.Database database, List<TableInfo> history) {
        List<FullTable> tables = history.stream()
                .filter(table -> table.schema().replicaIdentity() == ReplicaIdentity.FULL)
                .map(FullTable::of)
                .toList();
        return new Remains(
                Literals.quote(database.slot()), 0, Identifiers.quote(database.publication()), List.of(), tables, true);
    }

    private static List<FullTable> tables(
            Connection connection, Config.Database database, Publication publication, List<TableInfo> history)
            throws SQLException {
        Set<TableId> ours = new HashSet<>(publication.tables());
        history.forEach(table -> ours.add(table.schema().id()));
        List<String> others = texts(connection, OTHER_PUBLICATIONS, database.publication());
        List<FullTable> tables = new ArrayList<>();
        for (CatalogTable table : new Catalog(connection).tables()) {
            boolean full = table.schema() != null && table.schema().replicaIdentity() == ReplicaIdentity.FULL;
            if (full && ours.contains(table.id())) {
                tables.add(FullTable.of(table, history, reader(connection, table, others)));
            }
        }
        return tables;
    }

    private static @Nullable String reader(Connection connection, CatalogTable table, List<String> publications)
            throws SQLException {
        for (String publication : publications) {
            if (new Publication(connection, publication).tables().contains(table.id())) {
                return publication;
            }
        }
        return null;
    }

    private static List<String> texts(Connection connection, String sql, String argument) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, argument);
            try (ResultSet row = statement.executeQuery()) {
                List<String> texts = new ArrayList<>();
                while (row.next()) {
                    texts.add(row.getString(1));
                }
                return texts;
            }
        }
    }

    /** The SQL that takes away what is certainly ours, the slot first. */
    public List<String> statements() {
        List<String> statements = new ArrayList<>();
        if (slot != null) {
            statements.add("SELECT pg_catalog.pg_drop_replication_slot(" + slot + ");");
        }
        if (publication != null && sharers.isEmpty()) {
            statements.add("DROP PUBLICATION " + publication + ";");
        }
        tables.stream().map(FullTable::statement).filter(sql -> sql != null).forEach(statements::add);
        return statements;
    }

    /** What somebody has to decide, as SQL with the question behind it. */
    public List<String> questions() {
        List<String> questions = new ArrayList<>();
        if (publication != null && !sharers.isEmpty()) {
            questions.add(
                    "DROP PUBLICATION " + publication + "; -- unless it is read through " + String.join(", ", sharers));
        }
        tables.stream()
                .filter(table -> table.statement() == null)
                .map(FullTable::question)
                .forEach(questions::add);
        return questions;
    }
}
