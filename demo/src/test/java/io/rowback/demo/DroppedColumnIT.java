package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** Columns that were dropped come back with their values in the rows that are still there. */
class DroppedColumnIT {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @OnServers(18)
    void droppedColumnsComeBackInTheRowsThatAreStillThere(int version) throws Exception {
        try (PostgresServer server = PostgresServer.start(version)) {
            Database app = server.createDatabase("app");
            app.run("""
                    create type mood as enum ('g''ood', 'bad');
                    create table users (id int primary key, mail text not null, "Pl;an" mood not null default 'bad', "a
                    b" json);
                    insert into users select g, g || '@x', 'g''ood', ('{"n" : ' || g || '}')::json from generate_series(1, 30) g
                    """);
            try (RunningDaemon daemon = new RunningDaemon(app, folder).covering(1)) {
                app.run("update users set \"Pl;an\" = 'bad' where id = 3; update users set id = 40 where id = 4;"
                        + " update users set \"a\nb\" = null where id = 5");
                List<String> before = app.query("select id, \"Pl;an\", \"a\nb\" from users where id <> 7 order by id");
                String at = daemon.catchUp();
                app.run("alter table users drop column \"Pl;an\", drop column \"a\nb\"");
                app.run("insert into users values (50, 'new'); update users set mail = 'kept' where id = 3;"
                        + " delete from users where id = 7; update users set id = 8 + 1000 where id = 8");
                daemon.catchUp();

                Output restored = daemon.rowback("restore", "--table", "users", "--at", at, "--columns", "Pl;an,a\nb");
                assertThat(restored.exitCode()).as(restored.err()).isZero();
                assertThat(restored.err()).contains("is gone; it is made anew", "NOT NULL of column Pl;an");
                List<String> apply = new ArrayList<>(List.of("restore", "--table", "users", "--at", at));
                apply.addAll(List.of("--columns", "Pl;an,a\nb", "--target", "app", "--apply", "--yes", "29"));
                WrittenBundle bundle = new WrittenBundle(folder.resolve("bundle"), app);
                apply.addAll(List.of("--bundle", bundle.folder().toString()));
                List<String> damaged = app.query("select * from users order by id");
                Database copy = server.createDatabase("copy");
                copy.run("create table users (id int primary key, \"a\nb\" json)");
                Output there = daemon.rowback(
                        "restore",
                        "--table",
                        "users",
                        "--at",
                        at,
                        "--columns",
                        "Pl;an,a\nb",
                        "--copy",
                        "--target",
                        copy.url());
                assertThat(there.err()).contains("in the way: definition: ", "of table users is there already");
                Output applied = daemon.rowback(apply.toArray(String[]::new));
                assertThat(applied.exitCode()).as(applied.err()).isZero();
                assertThat(applied.err()).contains("lock: users: ACCESS EXCLUSIVE");
                assertThat(app.query("select case id when 1008 then 8 else id end, \"Pl;an\", \"a\nb\" from users"
                                + " where id <> 50 order by 1"))
                        .isEqualTo(before);
                assertThat(app.query("select mail, \"Pl;an\" is null from users where id in (3, 50) order by id"))
                        .containsExactly("kept|f", "new|t");
                assertThatThrownBy(() -> app.run(restored.out())).hasMessageContaining("is there already");

                assertThat(bundle.problems()).isEmpty();
                app.run("update users set \"Pl;an\" = 'bad' where id = 50");
                assertThatThrownBy(bundle::undo).hasMessageContaining("holds what the restore did not put there");
                app.run("update users set \"Pl;an\" = null where id = 50");
                bundle.undo();
                assertThat(app.query("select * from users order by id")).isEqualTo(damaged);
                assertThatThrownBy(bundle::undo).hasMessageContaining("of table users is not there");
                assertThat(bundle.firstProblem()).singleElement().asString().endsWith(" of table users|is not there");
                bundle.restore();
                assertThat(bundle.problems()).isEmpty();
                app.run("alter table users rename to former; create table users (id int primary key, mail text);"
                        + " insert into users select id, mail from former");
                assertThatThrownBy(bundle::restore)
                        .hasMessageContaining("users is another table than this was made for");
            }
        }
    }
}
