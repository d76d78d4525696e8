package io.rowback.daemon.preflight;

import static io.rowback.daemon.preflight.Finding.Topic.ANNOTATION;

import io.rowback.history.TableId;
import io.rowback.postgres.Config;
import io.rowback.postgres.ShellWord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whether the triggers of {@code annotate.sql} are there, without which the history does not tell who did it, nor DDL. */
public final class Annotations {
    private static final String INSTALLED = """
            SELECT EXISTS (SELECT
                             FROM pg_catalog.pg_proc p
                             JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                            WHERE n.nspname = 'rowback' AND p.proname = 'annotate') AS installed,
                   (SELECT pg_catalog.count(*)
                      FROM pg_catalog.pg_event_trigger e
                     WHERE e.evtname IN ('rowback_ddl', 'rowback_drop', 'rowback_rewrite')
                       AND e.evtenabled <> 'D') AS event_triggers,
                   ARRAY(SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
                           FROM pg_catalog.pg_class c
                           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                          WHERE c.oid = ANY (?)
                            AND NOT EXISTS (SELECT
                                              FROM pg_catalog.pg_trigger t
                                             WHERE t.tgrelid = c.oid AND t.tgname = 'rowback_annotate'
                                               AND t.tgenabled <> 'D')
                          ORDER BY 1) AS without
            """;
    private static final int EVENT_TRIGGERS = 3;

    /** Where the launcher is installed, which it says itself. */
    private static final String HOME = "rowback.home";

    private Annotations() {}

    static void look(Connection connection, Config.Database database, Set<TableId> captured, List<Finding> findings)
            throws SQLException {
        String install = psql("annotate.sql", database);
        try (PreparedStatement statement = connection.prepareStatement(INSTALLED)) {
            Object[] oids = captured.stream()
                    .map(id -> Integer.toUnsignedLong(id.oid()))
                    .toArray();
            statement.setArray(1, connection.createArrayOf("int8", oids));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (!row.getBoolean("installed")) {
                    findings.add(ANNOTATION.choice(
                            "annotations are not installed: the history does not tell who did it, nor DDL", install));
                    return;
                }
                tables(Arrays.asList((String[]) row.getArray("without").getArray()), install, findings);
                eventTriggers(row.getInt("event_triggers"), install, findings);
            }
        }
    }

    /** The command with which a DBA runs one of the scripts that are installed with the program. */
    public static String psql(String script, Config.Database database) {
        return "psql -X -v ON_ERROR_STOP=1 -f "
                + ShellWord.quote(installed(System.getProperty(HOME), script).toString()) + " "
                + ShellWord.quote(database.connection().database());
    }

    /** A package has the scripts beside the launchers' folder, an archive in one of their own. */
    static Path installed(@Nullable String home, String script) {
        Path archive = Path.of("share", script);
        return home == null
                ? archive
                : Stream.of(Path.of(home).resolve(archive), Path.of(home, script))
                        .filter(Files::exists)
                        .findFirst()
                        .orElse(archive);
    }

    private static void tables(List<String> without, String install, List<Finding> findings) {
        findings.add(
                without.isEmpty()
                        ? ANNOTATION.ok("every captured table is annotated")
                        : ANNOTATION.warn("not annotated: " + String.join(", ", without), install));
    }

    private static void eventTriggers(int there, String install, List<Finding> findings) {
        findings.add(
                there == EVENT_TRIGGERS
                        ? ANNOTATION.ok("event triggers tell DDL")
                        : ANNOTATION.choice(
                                there + " of " + EVENT_TRIGGERS + " event triggers are there: the history does not tell"
                                        + " all DDL",
                                install + "   -- as superuser"));
    }
}
