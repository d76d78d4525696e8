package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.restore.Main;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An incident that is restored in parts, each applied before the next is planned, leaves all rows of all tables as if it had
 * never been, and what people did since as they left it; and so does a restore of all of it at once.
 */
class PartsIT {
    private static final List<String> TABLES =
            List.of("regions", "users", "orders", "lines", "nodes", "teams", "members");
    private static final String SCHEMA = """
            create table regions (id int primary key, name text);
            create table users (id int primary key, region_id int references regions on delete cascade, email text unique, plan text, note text);
            create table orders (id bigint primary key, user_id int not null references users on delete cascade,
              region_id int references regions on delete set null, total numeric, note text);
            create table lines (order_id bigint references orders on delete cascade, no int, v bytea, primary key (order_id, no));
            create table nodes (id int primary key, parent int references nodes on delete cascade, v text);
            create table teams (id int primary key, lead int not null);
            create table members (id int primary key, team int not null references teams on delete cascade, v text);
            alter table teams add foreign key (lead) references members on delete cascade deferrable initially deferred;
            begin;
            insert into regions select g, 'region ' || g from generate_series(1, 4) g;
            insert into users select g, 1 + g % 4, 'u' || g || '@x', case g % 3 when 0 then null else E'a\\tb\\n\\\\N' end, '' from generate_series(1, 80) g;
            insert into orders select g, 1 + g % 80, 1 + g % 3, g + 0.50, null from generate_series(1, 160) g;
            insert into lines select g, n, decode(md5(g::text), 'hex') from generate_series(1, 160) g, generate_series(1, 2) n;
            insert into nodes select g, case when g % 10 > 0 then g + 1 end, 'node ' || g from generate_series(1, 60) g;
            insert into teams select g, g * 10 from generate_series(1, 6) g;
            insert into members select g, (g + 9) / 10, 'm' || g from generate_series(1, 60) g;
            commit;
            """;

    /** What people do meanwhile; nothing of it stands in the way. */
    private static final String SINCE =
            "delete from orders where id = 150; update orders set note = 'late' where id in (3, 99);"
                    + " update lines set v = 'x' where order_id = 3 and no = 1; insert into orders values (1000, 60, 4, 7, 'new')";

    @TempDir
    private Path folder;

    /** One restore, which writes so many rows, or is refused; without a transaction it is about all of the incident. */
    private record Part(int rows, @Nullable Integer transaction, List<String> options) {
        static Part all(int rows, String... options) {
            return new Part(rows, null, List.of(options));
        }

        /** A part that has to wait for others, or belongs to them. */
        static Part refused(String table, String range, String... more) {
            return of(table, range, 0, more);
        }

        static Part of(int transaction, int rows) {
            return new Part(rows, transaction, List.of());
        }

        static Part of(String table, String range, int rows, String... more) {
            List<String> options = new ArrayList<>(List.of("--table", table, "--key-range", range));
            options.addAll(List.of(more));
            return new Part(rows, null, options);
        }
    }

    @Test
    void deletedParentsComeBackBeforeTheirChildren() throws Exception {
        comesBack(
                List.of("delete from regions where id <= 2"),
                "update users set note = 'by hand', region_id = 4 where id in (2, 6); insert into users values (1000, 3, 'new', 'x', 'x');"
                        + " insert into orders values (1000, 1000, 4, 7, 'new'), (1001, 2, 4, 7, 'new');"
                        + " delete from orders where id = 2; update orders set note = 'late' where id in (1, 5)",
                Part.all(335),
                Part.refused("orders", "1..70"),
                Part.of("regions", "1..2", 2),
                Part.refused("lines", "1..70"),
                Part.of("users", "1..30", 15),
                Part.of("users", "31..60", 15),
                Part.of("users", "61..1000", 10),
                Part.of("orders", "1..70", 58),
                Part.of("orders", "71..2000", 75),
                Part.of("lines", "1..70", 68),
                Part.of("lines", "71..2000", 92));
    }

    @Test
    void updatedRowsComeBackBesideDeletedOnesTheyReferredTo() throws Exception {
        comesBack(
                List.of(
                        "update orders set user_id = 80, total = 0 where id <= 100; update lines set v = null where order_id <= 100 and no = 2;"
                                + " delete from users where id between 21 and 50;"
                                + " update users set plan = null, email = 'lost' || id where id > 50"),
                "update users set note = 'by hand' where id in (60, 61);" + SINCE,
                Part.all(347),
                Part.of("users", "1..50", 30),
                Part.of("users", "51..2000", 30),
                Part.of("orders", "1..50", 50),
                Part.of("orders", "51..2000", 79),
                Part.of("lines", "1..50", 50),
                Part.of("lines", "51..2000", 108));
    }

    @Test
    void rowsThatReferToOnesOfLaterPartsBringTheseAlong() throws Exception {
        comesBack(
                List.of(
                        "update nodes set v = 'lost'; delete from nodes where id in (10, 20, 30); delete from teams where id <= 4"),
                SINCE,
                Part.all(104),
                Part.refused("nodes", "1..5"),
                Part.refused("teams", "1..2"),
                Part.of("nodes", "1..5", 10, "--with-parents"),
                Part.of("nodes", "6..60", 50, "--with-parents"),
                Part.of("teams", "1..2", 4, "--with-parents"),
                Part.of("teams", "3..4", 4, "--with-parents"),
                Part.of("members", "1..60", 36));
    }

    @Test
    void insertedRowsGoBeforeTheirParents() throws Exception {
        String[] all = {"--ops", "delete,update,insert"};
        comesBack(
                List.of("insert into users select g, 1, 's' || g, null, '' from generate_series(2001, 2030) g;"
                        + " insert into orders select g, g, 1, 0, 'spam' from generate_series(2001, 2030) g;"
                        + " insert into lines select g, 1, '' from generate_series(2001, 2030) g;"
                        + " update users set plan = 'spam' where id in (2001, 7);"
                        + " update orders set user_id = 2001 where id <= 10;"
                        + " delete from users where id = 3; insert into users values (3, 1, 'other', null, null)"),
                SINCE,
                Part.all(105, all),
                Part.of("users", "1..1000", 2),
                Part.of("users", "2001..3000", 1),
                Part.of("orders", "1..1000", 11),
                Part.of("lines", "1..1000", 2),
                Part.refused("users", "2001..3000", all),
                Part.refused("orders", "2001..3000", all),
                Part.of("lines", "2001..2015", 15, all),
                Part.of("lines", "2016..3000", 15, all),
                Part.of("orders", "2001..3000", 30, all),
                Part.of("users", "1..3000", 30, all));
    }

    @Test
    void laterTransactionIsUndoneBeforeEarlierOnes() throws Exception {
        comesBack(
                List.of(
                        "update users set plan = 'one', note = 'one' where id <= 40",
                        "delete from users where id <= 20"),
                "insert into orders values (1000, 60, 4, 7, 'new'); update users set email = 'by hand' where id = 30",
                Part.all(160),
                Part.of(2, 140),
                Part.of(1, 40));
    }

    private void comesBack(List<String> incident, String since, Part whole, Part... parts) throws Exception {
        String damaged = SCHEMA + String.join(";", incident) + ";" + since;
        try (PostgresServer server = PostgresServer.start(18)) {
            Database truth = server.createDatabase("truth");
            truth.run(SCHEMA + since);
            Database atOnce = server.createDatabase("at_once");
            atOnce.run(damaged);
            // The history does not tell what was restored here.
            Database copy = server.createDatabase("copy");
            copy.run(damaged);
            Database app = server.createDatabase("app");
            app.run(SCHEMA);
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(TABLES.size())) {
                List<String> xids = new ArrayList<>();
                for (String script : incident) {
                    xids.add(RunningDaemon.commit(app, script));
                }
                app.run(since);
                daemon.catchUp();
                assertThat(rows(app)).isNotEqualTo(rows(truth));
                restore(atOnce, xids, whole);
                assertThat(rows(atOnce)).isEqualTo(rows(truth));
                for (Part part : parts) {
                    restore(copy, xids, part);
                }
                assertThat(rows(copy)).isEqualTo(rows(truth));
                for (Part part : parts) {
                    app.run(script(xids, part));
                    daemon.catchUp();
                }
                assertThat(rows(app)).isEqualTo(rows(truth));
            }
        }
    }

    private void restore(Database target, List<String> xids, Part part) {
        List<String> arguments = new ArrayList<>(List.of("--target", target.url(), "--copy"));
        arguments.addAll(List.of("--apply", "--yes", Integer.toString(part.rows())));
        run(xids, part, arguments);
    }

    /** What puts a part back according to the history alone, which tells of earlier ones; nothing of one that is refused. */
    private String script(List<String> xids, Part part) {
        return run(xids, part, List.of());
    }

    private String run(List<String> xids, Part part, List<String> options) {
        Integer transaction = part.transaction();
        String xid = transaction == null ? String.join(",", xids) : xids.get(transaction - 1);
        List<String> arguments = new ArrayList<>(List.of(
                "restore", "--store", folder.resolve("store").resolve("app").toString(), "--tx", xid));
        arguments.addAll(options);
        arguments.addAll(part.options());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(Map.of(), out, new PrintWriter(err, true), arguments.toArray(String[]::new));
        boolean refused = part.rows() == 0;
        assertThat(code)
                .as(arguments + "\n" + err)
                .isEqualTo((refused ? ErrorCode.REFUSED : ErrorCode.DONE).exitCode());
        if (refused) {
            assertThat(err.toString()).contains("nothing to write");
        }
        return out.toString();
    }

    private static List<String> rows(Database database) throws SQLException {
        List<String> rows = new ArrayList<>();
        for (String table : TABLES) {
            rows.addAll(database.query("select '%s', t from %s t order by t".formatted(table, table)));
        }
        return rows;
    }
}
