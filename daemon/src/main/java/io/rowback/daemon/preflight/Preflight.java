package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.PUBLICATION;
import static io.rowback.daemon.preflight.Finding.Topic.ROLE;
import static io.rowback.daemon.preflight.Finding.Topic.SEQUENCE;
import static io.rowback.daemon.preflight.Finding.Topic.SERVER;
import static io.rowback.daemon.preflight.Finding.Topic.SLOT;
import static io.rowback.daemon.preflight.Finding.Topic.TABLE;

import io.rowback.daemon.tables.Publication;
import io.rowback.daemon.tables.Sequences;
import io.rowback.daemon.tables.Slot;
import io.rowback.daemon.tables.Survey;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.ConfigKey;
import io.rowback.postgres.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks whether a database can be captured, before anything is changed in it. */
public final class Preflight {
    private static final int VERSION_MIN = 14;
    private static final String LOCKED = "55P03";
    /** Also a server that is about to be promoted, or has not come to the end of its recovery, is a standby. */
    private static final String CANNOT_CONNECT_NOW = "57P03";

    private static final String TOO_MANY_CONNECTIONS = "53300";

    /** Mends what is wrong with many tables or sequences. */
    private static final String ALL = "rowbackd setup-sql; -- prints the SQL for all";

    private static final Finding.Kind UNREADABLE = new Finding.Kind("is not sampled: our role may not read it", ALL);

    /** Whether a server can be captured at all; any version can be asked that. */
    static final String OF_USE = "SELECT NOT pg_catalog.pg_is_in_recovery()"
            + " AND pg_catalog.current_setting('server_version_num')::int / 10000 >= " + VERSION_MIN;

    private static final String SERVER_FACTS = """
            SELECT pg_catalog.current_setting('server_version_num')::int / 10000 AS version,
                   pg_catalog.current_setting('wal_level') AS wal_level,
                   pg_catalog.current_setting('server_encoding') AS encoding,
                   pg_catalog.pg_is_in_recovery() AS standby,
                   -- Versions before 13 do not know it.
                   pg_catalog.current_setting('max_slot_wal_keep_size', true) AS keep_size,
                   pg_catalog.current_setting('max_replication_slots')::int AS max_replication_slots,
                   pg_catalog.current_setting('max_wal_senders')::int AS max_wal_senders,
                   pg_catalog.current_setting('max_replication_slots')::int
                       - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots) AS free_slots,
                   pg_catalog.current_setting('max_wal_senders')::int
                       - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication) AS free_senders,
                   pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create
            """;

    private static final String TEMPORARY =
            "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class WHERE relpersistence = 't' AND relkind IN ('r', 'p')";

    private final Connection connection;
    private final Config.Database database;
    private final List<Finding> findings;

    private Preflight(Connection connection, Config.Database database, List<Finding> findings) {
        this.connection = connection;
        this.database = database;
        this.findings = findings;
    }

    /** Everything that was found, good and bad. */
    public static List<Finding> findings(Connection connection, Config.Database database) throws SQLException {
        List<Finding> findings = new ArrayList<>();
        look(connection, database, findings);
        return findings;
    }

    /** The same, told to a list as it is found. */
    static void look(Connection connection, Config.Database database, List<Finding> findings) throws SQLException {
        new Preflight(connection, database, findings).look();
    }

    private void look() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet server = statement.executeQuery(SERVER_FACTS)) {
            server.next();
            server(server);
            if (server.getInt("version") < VERSION_MIN || server.getBoolean("standby")) {
                return;
            }
            role();
            Optional<Slot> slot = Slot.find(connection, database.slot());
            slot(slot, server);
            publication(server);
        }
        Survey survey = Survey.read(connection, database);
        generatedColumns(survey);
        unwanted(survey);
        tables(survey);
        sequences();
        temporaryTables();
    }

    private void server(ResultSet server) throws SQLException {
        int version = server.getInt("version");
        check(
                SERVER,
                version >= VERSION_MIN,
                "server version " + version,
                ", at least " + VERSION_MIN + " is needed",
                "pg_upgrade to version " + VERSION_MIN + " or newer");
        String walLevel = server.getString("wal_level");
        check(
                SERVER,
                walLevel.equals("logical"),
                "wal_level is " + walLevel,
                ", logical is needed",
                "ALTER SYSTEM SET wal_level = 'logical'; -- then restart the server");
        String encoding = server.getString("encoding");
        check(
                SERVER,
                !encoding.equals("SQL_ASCII"),
                "encoding is " + encoding,
                ", which does not say what its bytes mean: UTF8 or another is needed",
                "CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'; -- then load a dump into it that pg_dump"
                        + " --encoding makes of this one");
        findings.add(
                server.getBoolean("standby")
                        ? SERVER.fail(
                                "the server is a primary: no, it is a standby",
                                "the primary's address in " + ConfigKey.URL.of(database.name()),
                                CANNOT_CONNECT_NOW)
                        : SERVER.ok("the server is a primary"));
        if ("-1".equals(server.getString("keep_size"))) {
            findings.add(SERVER.warn(
                    "max_slot_wal_keep_size is unlimited: while the daemon is down the server's disk can fill up",
                    "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();"));
        }
    }

    private void role() throws SQLException {
        String role = database.connection().user();
        check(
                ROLE,
                Slot.mayReplicate(connection),
                "role " + role + " may replicate",
                ": no",
                "ALTER ROLE " + Identifiers.quote(role) + " REPLICATION;");
    }

    private void slot(Optional<Slot> slot, ResultSet server) throws SQLException {
        // A baseline takes a temporary slot, and each slot a sender. Making the slot takes two for a moment.
        int needed = slot.isPresent() ? 1 : 2;
        room(server, "max_replication_slots", server.getInt("free_slots"), needed, slot.isPresent() ? 0 : 2, null);
        room(server, "max_wal_senders", server.getInt("free_senders"), 2, 1, TOO_MANY_CONNECTIONS);
        String name = "slot " + database.slot();
        if (slot.isEmpty()) {
            findings.add(SLOT.ok(name + " will be created"));
        } else if (!Slot.PLUGIN.equals(slot.get().plugin())
                || !database.connection().database().equals(slot.get().database())) {
            findings.add(SLOT.fail(
                    name + " belongs to plugin " + slot.get().plugin() + " and database "
                            + slot.get().database(),
                    "another name in " + ConfigKey.SLOT.of(database.name())));
        } else if (slot.get().lost() != null) {
            findings.add(SLOT.warn(
                    name + " is lost (" + slot.get().lost() + "): a gap will be recorded and every table read anew",
                    "rowbackd run; -- makes it anew, and a larger max_slot_wal_keep_size keeps the next one"));
        } else {
            findings.add(SLOT.ok(name + " is there"));
        }
    }

    private void room(ResultSet server, String setting, int free, int needed, int required, @Nullable String passing)
            throws SQLException {
        String text = setting + " leaves room for " + free;
        String mend = "ALTER SYSTEM SET " + setting + " = " + (server.getInt(setting) + needed - free)
                + "; -- then restart the server";
        if (free >= needed) {
            findings.add(SERVER.ok(text));
        } else if (free >= required) {
            findings.add(SERVER.warn(text + ", a baseline needs one more", mend));
        } else {
            findings.add(SERVER.fail(text + ", " + needed + " are needed", mend, passing));
        }
    }

    private void publication(ResultSet server) throws SQLException {
        Publication publication = new Publication(connection, database.publication());
        String name = "publication " + database.publication();
        String alter = "ALTER PUBLICATION " + Identifiers.quote(database.publication()) + " SET ";
        Optional<Publication.Definition> definition = publication.definition();
        if (definition.isEmpty()) {
            List<CatalogTable> tables = Survey.read(connection, database).capturable();
            check(
                    PUBLICATION,
                    server.getBoolean("may_create"),
                    name + " will be created",
                    ": no, our role may not",
                    publication.createSql(tables));
            return;
        }
        check(
                PUBLICATION,
                definition.get().whole(),
                name + " publishes every operation",
                ": no",
                alter + "(publish = 'insert, update, delete, truncate');");
        if (definition.get().viaRoot()) {
            findings.add(PUBLICATION.fail(
                    name + " publishes partitions as their root, which loses their TRUNCATE",
                    alter + "(publish_via_partition_root = false);"));
        }
        if (definition.get().allTables()) {
            findings.add(PUBLICATION.warn(
                    name + " is FOR ALL TABLES: a new table without a key makes the application's UPDATE of it fail",
                    null));
        }
    }

    private void unwanted(Survey survey) {
        if (!survey.unwanted().isEmpty()) {
            findings.add(PUBLICATION.warn(
                    "publication " + database.publication() + " lists "
                            + survey.unwanted().size()
                            + " tables that the configuration leaves out: the server sends their changes for nothing",
                    new Publication(connection, database.publication()).dropSql(survey.unwanted())));
        }
    }

    private void generatedColumns(Survey survey) {
        long broken = survey.broken().stream().filter(survey.listed()::contains).count();
        if (broken > 0) {
            findings.add(PUBLICATION.fail(
                    "publication " + database.publication()
                            + " leaves out generated columns, which makes the application's" + " UPDATE fail for "
                            + broken + " of its tables with REPLICA IDENTITY FULL",
                    survey.publishGenerated()));
        }
    }

    /** They come and go with sessions, so they are told here alone and not by the daemon. */
    private void temporaryTables() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(TEMPORARY)) {
            row.next();
            if (row.getLong(1) > 0) {
                findings.add(TABLE.warn(
                        row.getLong(1) + " temporary tables are not covered: their rows are not in the log", null));
            }
        }
    }

    private void tables(Survey survey) throws SQLException {
        boolean exists =
                new Publication(connection, database.publication()).definition().isPresent();
        long full = survey.capturable().stream()
                .map(table -> Objects.requireNonNull(table.schema()))
                .map(TableSchema::replicaIdentity)
                .filter(ReplicaIdentity.FULL::equals)
                .count();
        int capturable = survey.capturable().size();
        String text = capturable + " tables can be captured, " + full + " of them with REPLICA IDENTITY FULL";
        // Rather a misspelt pattern than an empty database.
        findings.add(
                capturable == 0
                        ? TABLE.warn(text, "the tables' names in " + ConfigKey.INCLUDE.of(database.name()))
                        : TABLE.ok(text));
        survey.reasons().stream()
                // A publication that will be created will list them.
                .filter(table -> exists || !table.reason().startsWith(Survey.UNPUBLISHED))
                .forEach(table -> findings.add(TABLE.warn(
                        table.table().toString(),
                        new Finding.Kind("is not covered: " + table.reason(), table.mend() == null ? null : ALL),
                        table.mend())));
    }

    private void sequences() throws SQLException {
        try {
            for (Sequences.Unreadable sequence :
                    Sequences.read(connection, database).unreadable()) {
                findings.add(SEQUENCE.warn("sequence " + sequence.name(), UNREADABLE, sequence.mend()));
            }
        } catch (SQLException e) {
            if (!LOCKED.equals(e.getSQLState())) {
                throw e;
            }
            findings.add(SEQUENCE.warn("the sequences cannot be looked at now: one of them is locked", null));
        }
    }

    private void check(Finding.Topic topic, boolean good, String text, String ifNot, @Nullable String mend) {
        findings.add(good ? topic.ok(text) : topic.fail(text + ifNot, mend));
    }
}
