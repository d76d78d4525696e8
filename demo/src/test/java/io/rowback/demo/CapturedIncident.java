package io.rowback.demo;

import io.rowback.testbed.Database;
import io.rowback.testbed.Folders;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An incident that was played and captured once, and what was found to undo it; with the database as life went on in it, each
 * way beside the history that tells of it. No daemon runs any more.
 *
 * @param scope the arguments of the restore command, but for how it meets conflicts
 * @param situations each by its name
 */
record CapturedIncident(Incident incident, List<String> scope, Map<String, Situation> situations) {
    /** What a trigger of the application writes, and nobody can put back: which row was updated last, and when. */
    private static final Map<String, String> NOT_COMPARED = Map.of(
            "deleted-users",
            "set local session_replication_role = replica; update users set updated_at = 'epoch' where id = -91111111");

    /**
     * A database some time after the incident.
     *
     * @param database what is to be restored
     * @param store the history that is at hand
     * @param told whether the history tells of all that happened
     */
    record Situation(Database database, Path store, boolean told) {}

    /** Plays it in a database of its own; {@code folder} is empty. */
    static CapturedIncident play(Incident incident, PostgresServer server, String identity, Path folder)
            throws SQLException, IOException {
        String name = incident + "_" + identity;
        Database app = server.createDatabase(name);
        app.run(incident.script("1-schema"));
        int tables = IncidentRun.setReplicaIdentity(app, identity);
        List<String> scope;
        try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(tables)) {
            for (String script : List.of("2-life", "3-incident", "4-later")) {
                app.run(incident.script(script));
            }
            daemon.catchUp();
            scope = new ArrayList<>(daemon.find(incident));
        }
        int mode = scope.indexOf("--on-conflict");
        if (mode >= 0) {
            scope.subList(mode, mode + 2).clear();
        }
        if (NOT_COMPARED.containsKey(incident.name())) {
            scope.addAll(List.of("--except-columns", "updated_at"));
        }
        Path calmStore = folder.resolve("calm");
        Path store = folder.resolve("store");
        Folders.copy(store, calmStore);
        Database calm = copy(server, app, name + "_calm");
        Database occupied = copy(server, app, name + "_occupied");
        occupied.run(incident.script("6-occupied"));
        try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(tables)) {
            app.run(incident.script("6-contested"));
            daemon.catchUp();
        }
        // Slots are the server's, and so are their names.
        app.run("select pg_drop_replication_slot('rowback_app')");
        return new CapturedIncident(
                incident,
                scope,
                Map.of(
                        "calm", new Situation(calm, calmStore, true),
                        "contested", new Situation(app, store, true),
                        "occupied", new Situation(occupied, calmStore, false)));
    }

    private static Database copy(PostgresServer server, Database database, String name) throws SQLException {
        server.database().run("create database \"" + name + "\" template \"" + database.name() + "\"");
        return new Database(server.port(), database.user(), name);
    }

    /** Every row of every table but the truth's. */
    List<String> rows(Database database) throws SQLException {
        return rowsAfter(database, "select 1");
    }

    /** Every row as it would be after one of the scripts that say what is wanted, which is not run for good. */
    List<String> wanted(Database database, String script) throws SQLException {
        return rowsAfter(database, incident.script(script));
    }

    private List<String> rowsAfter(Database database, String script) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            connection.setAutoCommit(false);
            statement.execute(script);
            statement.execute(NOT_COMPARED.getOrDefault(incident.name(), "select 1"));
            statement.execute("set local search_path = ''");
            // As it names the whole row no column is called.
            String everyRow = texts(statement, """
                    select string_agg(format('select %L, "whole row"::text from %s "whole row"', c.oid::regclass, c.oid::regclass), ' union all ')
                      from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema|truth)'""").get(0);
            List<String> rows = texts(statement, everyRow);
            connection.rollback();
            return rows;
        }
    }

    private static List<String> texts(Statement statement, String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                boolean several = row.getMetaData().getColumnCount() > 1;
                texts.add(several ? row.getString(1) + " " + row.getString(2) : row.getString(1));
            }
        }
        return texts;
    }
}
