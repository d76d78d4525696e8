package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Values of every type, through installed daemon and tool and back: those that were there before, those that were
 * inserted since, updated and deleted. What the tool shows is byte by byte what Postgres prints, and after the restore
 * every row is what it was, although role and database want all their texts otherwise.
 */
class ValuesIT {
    /** The ids of the first rows that the incident updates and deletes, of those that were there before the daemon. */
    private static final int UPDATED = 0;

    private static final int DELETED = 100;

    /** Added to the ids of rows that came later. */
    private static final int LATER = 1000;

    private static final int TYPES_MIN = 80;

    private static final List<String> EXTENSIONS =
            List.of("hstore", "ltree", "citext", "cube", "seg", "isn", "intarray");

    private static final Map<String, String> OF_DATABASE = Map.of(
            "bytea_output", "escape",
            "intervalstyle", "sql_standard",
            "extra_float_digits", "-15");

    private static final Map<String, String> OF_ROLE = Map.of(
            "datestyle", "'SQL, DMY'",
            "timezone", "'Asia/Kathmandu'",
            "search_path", "'Odd \"types', public",
            "xmloption", "document",
            "array_nulls", "off",
            "quote_all_identifiers", "on",
            "client_encoding", "LATIN1");

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "Postgres {0}")
    @OnServers(18)
    void valuesAreToldAndWrittenBackAsPostgresPrintsThem(int major) throws Exception {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database database = server.createDatabase("app");
            List<TypeSample> types = types(database, major);
            assertThat(types).hasSizeGreaterThanOrEqualTo(TYPES_MIN);
            ValueTable full = new ValueTable("full_identity", types);
            ValueTable key = new ValueTable("default_identity", types);
            database.run(full.create("full") + key.create("default"));
            database.run(rows(full, 0) + rows(key, 0));

            Database hostile = hostile(database);
            try (RunningDaemon daemon = new RunningDaemon(hostile, folder).covering(3)) {
                Map<ValueTable, Map<Integer, Map<String, @Nullable String>>> before = new LinkedHashMap<>();
                database.run(rows(full, LATER) + rows(key, LATER));
                before.put(full, full.texts(database));
                before.put(key, key.texts(database));
                String beforeIncident = daemon.catchUp();
                String xid = RunningDaemon.commit(database, incident(full) + incident(key));
                String afterIncident = daemon.catchUp();
                for (ValueTable table : before.keySet()) {
                    assertThat(table.texts(database))
                            .hasSizeLessThan(before.get(table).size());
                    shows(daemon, table, beforeIncident, before.get(table));
                    shows(daemon, table, afterIncident, table.texts(database));
                }
                Path sql = folder.resolve("restore.sql");
                Output restore = daemon.rowback("restore", "--tx", xid, "-o", sql.toString());
                assertThat(restore.exitCode()).as(restore.err()).isZero();
                for (int run = 1; run <= 2; run++) {
                    hostile.run(Files.readString(sql));
                    for (ValueTable table : before.keySet()) {
                        assertThat(ValueTable.differences(before.get(table), table.texts(database)))
                                .as("run %s", run)
                                .isEmpty();
                    }
                }
            }
        }
    }

    /** The types that the server has, of those that there are samples of. */
    private static List<TypeSample> types(Database database, int major) throws SQLException, IOException {
        database.run(TypeSample.types());
        for (String extension : EXTENSIONS) {
            if (!database.query("select 1 from pg_available_extensions where name = '" + extension + "'")
                    .isEmpty()) {
                database.run("create extension " + extension + " with schema \"Odd \"\"types\"");
            }
        }
        List<TypeSample> types = TypeSample.read(major);
        String names = types.stream()
                .map(type -> "($$" + type.type().replaceFirst("\\(.*\\)| day to.*", "") + "$$)")
                .collect(Collectors.joining(", "));
        List<String> known = database.query("select to_regtype(t) is not null from (values " + names + ") types (t)");
        return types.stream()
                .filter(type -> known.get(types.indexOf(type)).equals("t"))
                .toList();
    }

    private static String rows(ValueTable table, int firstId) {
        return table.insert(firstId + UPDATED) + table.insert(firstId + DELETED);
    }

    private static String incident(ValueTable table) {
        return table.update(UPDATED)
                + table.update(LATER + UPDATED)
                + table.delete(DELETED)
                + table.delete(LATER + DELETED);
    }

    /** The same database as a role of whose settings, and the database's, none is what we would wish. */
    private static Database hostile(Database database) throws SQLException {
        database.run("create role hostile superuser login");
        for (Map.Entry<String, String> setting : OF_DATABASE.entrySet()) {
            database.run("alter database app set " + setting.getKey() + " = " + setting.getValue());
        }
        for (Map.Entry<String, String> setting : OF_ROLE.entrySet()) {
            database.run("alter role hostile set " + setting.getKey() + " = " + setting.getValue());
        }
        return database.as("hostile");
    }

    private static void shows(
            RunningDaemon daemon, ValueTable table, String at, Map<Integer, Map<String, @Nullable String>> expected)
            throws IOException {
        Map<Integer, Map<String, @Nullable String>> shown = new TreeMap<>();
        for (JsonNode document : daemon.documents("show", table.name(), "--where", "id >= 0", "--at", at)) {
            Map<String, @Nullable String> values = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> column : document.get("row").properties()) {
                values.put(
                        column.getKey(),
                        column.getValue().isNull() ? null : column.getValue().textValue());
            }
            shown.put(document.get("key").get("id").asInt(), values);
        }
        assertThat(ValueTable.differences(expected, shown))
                .as("%s at %s", table.name(), at)
                .isEmpty();
    }
}
