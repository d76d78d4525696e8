package io.rowback.daemon;

import io.rowback.daemon.tables.Publication;
import io.rowback.daemon.tables.Sequences;
import io.rowback.daemon.tables.Slot;
import io.rowback.daemon.tables.Survey;
import io.rowback.history.NotCovered;
import io.rowback.history.TableName;
import io.rowback.postgres.CatalogTable;
import io.rowback.postgres.Config;
import io.rowback.postgres.Connections;
import io.rowback.postgres.Identifiers;
import io.rowback.postgres.PrintableText;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rowbackd setup-sql}. */
@Command(
        name = "setup-sql",
        description = "Prints the SQL that a DBA runs once, and changes nothing.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Tables, and what the role may read, are listed if the database can be reached with the configured",
            "role; until that exists, run the first part and print it again. What is left to decide stands in",
            "comments, replica identities too: FULL costs the server log, which rowbackd check tells of each table.",
            "",
            "Examples:",
            "  rowbackd setup-sql --config rowback.toml | psql app",
            "  rowbackd setup-sql --db app | psql app      where several databases are captured"
        })
final class SetupSqlCommand implements Runnable {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DatabaseOption option;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        Config.Database database = option.read().database();
        Connections connections = new Connections(database.connection(), "rowbackd setup-sql");
        try (Connection connection = connections.open()) {
            List<String> tables = read(connection, database, connections);
            role(database, !Slot.mayReplicate(connection), false, out);
            tables.forEach(out::println);
        } catch (SQLException e) {
            role(database, true, true, out);
            out.println("-- The tables are not known yet, and what the role is to read is granted for each: "
                    + PrintableText.oneLine(String.valueOf(
                            connections.explain("connecting to", e).getMessage())));
            out.println(
                    "-- Print this again when the role can connect; it then has GRANT and CREATE PUBLICATION, too.");
        }
        out.println("-- Instead of maintaining the publication by hand, let the role do it: GRANT CREATE ON DATABASE,");
        out.println("-- and make the publication's and the tables' owner role a group that it is a member of.");
    }

    /** What is to be done about the tables; that they cannot be read now does not mean that there is no role. */
    private static List<String> read(Connection connection, Config.Database database, Connections connections) {
        try {
            return tables(connection, database);
        } catch (SQLException e) {
            throw connections.explain("looking at", e);
        }
    }

    private static void role(Config.Database database, boolean lacksReplication, boolean isNew, PrintWriter out) {
        String role = Identifiers.quote(database.connection().user());
        String name = Identifiers.quote(database.connection().database());
        out.println("-- Database " + name + ", as superuser. The server needs wal_level = logical:");
        out.println("-- ALTER SYSTEM SET wal_level = 'logical';  -- then restart it");
        if (isNew) {
            out.println("-- Give the role a password with \\password, or let it in by another way in pg_hba.conf.");
            out.println("CREATE ROLE " + role + " LOGIN REPLICATION;");
        } else if (lacksReplication) {
            out.println("ALTER ROLE " + role + " REPLICATION;");
        }
        if (lacksReplication) {
            out.println(
                    "-- On Azure the server's administrator gives REPLICATION, on Amazon RDS nobody: there it is instead");
            out.println("-- GRANT rds_replication TO " + PrintableText.oneLine(role) + ";");
        }
        out.println("GRANT CONNECT ON DATABASE " + name + " TO " + role + ";");
    }

    /** What is to be done about the tables: the publication as SQL, what somebody has to decide as comments. */
    private static List<String> tables(Connection connection, Config.Database database) throws SQLException {
        List<String> lines = new ArrayList<>();
        Publication publication = new Publication(connection, database.publication());
        Survey survey = Survey.read(connection, database);
        List<CatalogTable> missing = survey.unpublished();
        if (publication.definition().isEmpty()) {
            lines.add(publication.createSql(missing));
        } else if (!missing.isEmpty()) {
            lines.add(publication.addSql(missing));
        }
        lines.addAll(grants(connection, database, survey));
        Set<TableName> told = Stream.concat(missing.stream(), survey.withheld().stream())
                .map(CatalogTable::name)
                .collect(Collectors.toSet());
        Stream<NotCovered> others =
                survey.uncovered().stream().filter(table -> table.mend() != null && !told.contains(table.table()));
        Stream.concat(others, survey.withHiddenRows().stream()).distinct().forEach(table -> {
            lines.add("-- " + PrintableText.oneLine(table.table() + " is not covered: " + table.reason()));
            // A name may hold a line end, and what follows one is no comment any more.
            lines.add("-- " + PrintableText.oneLine(String.valueOf(table.mend())));
        });
        return lines;
    }

    private static List<String> grants(Connection connection, Config.Database database, Survey survey)
            throws SQLException {
        List<String> lines = new ArrayList<>(survey.grants());
        Sequences.read(connection, database).unreadable().forEach(sequence -> lines.add(sequence.mend()));
        if (!lines.isEmpty()) {
            lines.add(
                    "-- Tables that come later need the same. To let the role read all that there will ever be instead:");
            lines.add("-- GRANT pg_read_all_data TO "
                    + PrintableText.oneLine(
                            Identifiers.quote(database.connection().user())) + ";");
        }
        return lines;
    }
}
