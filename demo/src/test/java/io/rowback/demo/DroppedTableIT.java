package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that was dropped comes back with its rows, its constraints and the foreign keys that referred to it. */
class DroppedTableIT {
    private static final String CARDS = "\"Sch;ool\".\"Odd; \"\"Cards\"";

    @TempDir
    private Path folder;

    @Test
    void tableThatWasDroppedBeforeTheDaemonsEyesComesBackWithAllThatReferredToIt() throws Exception {
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("app");
            app.run("""
                    create table users (id bigint generated always as identity primary key, gone int, mail text not null unique,
                      boss bigint references users, "Odd; Name" numeric(12,4), twice bigint generated always as (id * 2) stored);
                    alter table users drop gone;
                    create table orders (id serial primary key, user_id bigint not null references users on delete cascade, v bytea);
                    insert into users (mail, "Odd; Name") select g || '@x', g / 7.0 from generate_series(1, 30) g;
                    update users set boss = 31 - id;
                    insert into orders (user_id, v) select g, convert_to('order ' || g, 'utf8') from generate_series(1, 5) g
                    """);
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(2)) {
                app.run("insert into users (mail) values (E'\\\\'';\\n--'); update users set mail = 'é' where id = 4;"
                        + " delete from users where id = 31; insert into users (mail) values ('last')");
                List<String> before = state(app, "users", "orders");
                String at = daemon.catchUp();
                app.run("delete from users where id = 32");
                app.run("drop table users cascade");
                daemon.awaitLiving(1);

                refused(daemon, at);
                String sql = restored(daemon, "users", at);
                assertThat(sql).contains("column twice bigint, whose expression is not known");
                List<String> damaged = state(app, "orders");
                Path folder = this.folder.resolve("bundle");
                List<String> apply = new ArrayList<>(List.of("restore", "--table", "users", "--at", at));
                apply.addAll(List.of("--target", "app", "--apply", "--yes", "31", "--bundle", folder.toString()));
                Output applied = daemon.rowback(apply.toArray(String[]::new));
                assertThat(applied.exitCode()).as(applied.err()).isZero();
                assertThat(state(app, "users", "orders")).isEqualTo(before);
                assertThatThrownBy(() -> app.run(sql)).hasMessageContaining("table users is there already");
                assertThat(state(app, "users", "orders")).isEqualTo(before);
                assertThat(app.query("insert into users (mail) values ('new') returning id"))
                        .containsExactly("33");
                takenBack(new WrittenBundle(folder, app), damaged);
            }
        }
    }

    @Test
    void tablesThatWereDroppedWhileTheDaemonWasDownComeBackAlsoFromUnderANewOneOfTheSameName() throws Exception {
        try (PostgresServer server = PostgresServer.start(14)) {
            Database app = server.createDatabase("app");
            app.run("""
                    create schema "Sch;ool";
                    create type "Sch;ool"."mo'od" as enum ('g''ood', 'bad');
                    create table "Sch;ool"."Odd; ""Cards" ("line
                    break" "Sch;ool"."mo'od", "select" int, primary key ("select", "line
                    break"));
                    create table orders (id serial primary key, number int not null, card int, mood "Sch;ool"."mo'od",
                      foreign key (card, mood) references "Sch;ool"."Odd; ""Cards" on delete set null on update cascade deferrable);
                    alter table orders replica identity full;
                    create unique index numbers on orders (number);
                    create table days (day int, what text) partition by list (day); create table monday partition of days for values in (1);
                    alter table monday replica identity full; insert into monday values (1, 'x'), (1, 'x'), (1, null);
                    insert into "Sch;ool"."Odd; ""Cards" values ('g''ood', 1), ('bad', 2);
                    insert into orders (number, card, mood) values (1, 1, 'g''ood'), (2, 2, 'bad'), (3, null, 'bad')
                    """);
            String at;
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(3)) {
                app.run("update orders set number = 7 where id = 3; update " + CARDS
                        + " set \"select\" = 3 where \"select\" = 2");
                at = daemon.catchUp();
            }
            List<String> before = state(app, CARDS, "orders");
            app.run("drop table monday; drop table orders; drop table " + CARDS
                    + "; create table orders (id int primary key);" + " insert into orders values (1)");
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(4)) {
                daemon.awaitLiving(1);
                String cards = restored(daemon, CARDS, at);
                assertThat(cards).contains("schema \"Sch;ool\", which must be there");
                app.run(cards);
                Output other = daemon.rowback("restore", "--table", "orders", "--at", at);
                assertThat(other.exitCode()).isEqualTo(12);
                assertThat(other.err()).contains("Another table had its name then and is gone. Rename this one");
                app.run("alter table orders rename to orders_new; alter index orders_pkey rename to new_pkey");
            }
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(5)) {
                daemon.awaitNamed("orders_new");
                String sql = restored(daemon, "orders", at);
                assertThat(sql).contains("type \"Sch;ool\".\"mo'od\" of column mood, which must be there");
                app.run(sql);
                assertThat(state(app, CARDS, "orders")).isEqualTo(before);
                assertThat(app.query("select * from orders_new")).containsExactly("1");
                partitionWithoutAKey(daemon, app, at);
            }
        }
    }

    private void partitionWithoutAKey(RunningDaemon daemon, Database app, String at) throws Exception {
        Path folder = this.folder.resolve("monday");
        Output restored = daemon.rowback("restore", "--table", "monday", "--at", at, "--bundle", folder.toString());
        assertThat(restored.exitCode()).as(restored.err()).isZero();
        assertThat(restored.err()).contains("ALTER TABLE public.days ATTACH PARTITION public.monday");
        WrittenBundle bundle = new WrittenBundle(folder, app);
        bundle.restore();
        bundle.undo();
        assertThat(bundle.firstProblem()).containsExactly("table monday|is not there");
        bundle.restore();
        assertThat(bundle.problems()).isEmpty();
        app.run("alter table days attach partition monday for values in (1)");
        assertThat(app.query("select * from days order by 2")).containsExactly("1|x", "1|x", "1|");
    }

    private static String restored(RunningDaemon daemon, String table, String at) {
        Output restored = daemon.rowback("restore", "--table", table, "--at", at);
        assertThat(restored.exitCode()).as(restored.err()).isZero();
        assertThat(restored.err()).contains("is gone; it is made anew", "not known, and not made:");
        return restored.out();
    }

    /** One row more than was restored is there. */
    private static void takenBack(WrittenBundle bundle, List<String> damaged) throws Exception {
        Database app = bundle.database();
        assertThat(bundle.problems()).isEmpty();
        assertThat(bundle.read("report.md")).contains("- table users is gone and comes back as of LSN");
        assertThat(bundle.read("affected.csv").lines()).hasSize(1 + 31);
        assertThatThrownBy(bundle::undo).hasMessageContaining("table users holds what the restore did not put there");
        app.run("update users set boss = 33 where id = 2");
        assertThatThrownBy(bundle::undo).hasMessageContaining("users 2");
        assertThat(bundle.problems()).containsExactly("users 2");
        assertThat(app.query("select count(*), (select count(*) from orders) from users"))
                .containsExactly("32|5");
        app.run("update users set boss = 29 where id = 2; delete from users where id = 33");
        bundle.undo();
        assertThat(state(app, "orders"))
                .as("rows that referred to it, and the schema")
                .isEqualTo(damaged);
        assertThat(app.query("select to_regclass('users')")).containsExactly("");
        assertThatThrownBy(bundle::undo).hasMessageContaining("table users is not there");
        assertThat(bundle.firstProblem()).containsExactly("table users|is not there");
        bundle.restore();
        assertThat(bundle.problems()).isEmpty();
    }

    private static void refused(RunningDaemon daemon, String at) throws Exception {
        JsonNode definition = daemon.documents("restore", "--table", "users", "--at", at)
                .get(0)
                .get("definitions")
                .get(0);
        assertThat(definition.get("table").asText()).isEqualTo("users");
        assertThat(definition.get("sql").toString()).contains("CREATE TABLE public.users", "orders_user_id_fkey");

        Output narrowed = daemon.rowback("restore", "--table", "users", "--at", at, "--key", "4");
        assertThat(narrowed.exitCode()).isEqualTo(4);
        assertThat(narrowed.err()).contains("is gone and comes back whole");
    }

    private static List<String> state(Database app, String... tables) throws SQLException {
        List<String> state = new ArrayList<>();
        for (String table : tables) {
            String oid = "'" + table.replace("'", "''") + "'::regclass";
            // Not generated columns, which the history does not know.
            String columns = app.query("select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
                            + " where attrelid = " + oid + " and attnum > 0 and not attisdropped and attgenerated = ''")
                    .get(0);
            state.addAll(app.query("select " + columns + " from " + table + " order by 1, 2"));
            state.addAll(app.query("select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = "
                    + oid + " and contype <> 'u' order by 1"));
            state.addAll(app.query(
                    "select pg_get_indexdef(indexrelid) from pg_index where indrelid = " + oid + " order by 1"));
            state.addAll(app.query("select relreplident from pg_class where oid = " + oid));
            state.addAll(app.query("""
                    select attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
                      pg_get_serial_sequence(attrelid::regclass::text, attname)
                    from pg_attribute where attrelid = %s and attnum > 0 and not attisdropped and attgenerated = ''
                    order by attnum
                    """.formatted(oid)));
        }
        return state;
    }
}
