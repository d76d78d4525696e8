package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.Gap;
import io.rowback.history.Lsn;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import io.rowback.testbed.PostgresServer.Shutdown;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The history goes on with the server that pg_upgrade made, and says so if something may be missing in between. */
class UpgradeIT {
    private static final String TABLES = "create table gone (id int); drop table gone;"
            + " create table users (id int primary key, gone int, name text); alter table users drop column gone;"
            + " create table events (what text); alter table events replica identity full";

    @TempDir
    Path folder;

    @Test
    void pgUpgradeThatWasDrainedLeavesNoGap() throws Exception {
        Optional<InstalledPostgres> installed = InstalledPostgres.find();
        assumeTrue(installed.isPresent(), "no pg_upgrade below /usr/lib/postgresql");
        try (InstalledPostgres postgres = installed.get()) {
            postgres.create("old");
            postgres.start("old", "postgres").run("create database app");
            postgres.stop("old");
            Database before = postgres.start("old", "app");
            captureUntilDrained(before);
            postgres.stop("old");
            postgres.create("new");
            postgres.upgrade("old", "new");
            write("old.txt", postgres.run("pg_controldata", "old"));
            write("new.txt", postgres.run("pg_waldump", "-n", "1", postgres.firstLog("new")));
            Database after = postgres.start("new", "app");

            Result adopted = adopt(after, "--old", path("old.txt"), "--new", path("new.txt"));

            assertThat(adopted.status()).as(adopted.err()).isZero();
            assertThat(adopted.out()).contains("nothing is missing in between");
            assertOneHistory(after);
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "rowback.nightly",
            matches = "true",
            disabledReason = "takes two servers of its own")
    void aServerThatWasDrainedAndHasNotWrittenSinceIsAdopted() throws Exception {
        upgrade("", after -> {
            assertRefusedWithoutAdoption(after);
            // Somebody has written already: the slot that was made for the question is not left behind.
            writeFirstRecord(next(after) - 1);
            Result refused = adopt(after, "--old", path("old.txt"), "--new", path("new.txt"));
            assertThat(refused.status()).isEqualTo(4);
            assertThat(refused.err()).contains("the new server has begun to write: its next transaction was ");
            assertThat(after.query("select count(*) from pg_replication_slots")).containsExactly("0");

            writeFirstRecord(next(after));
            Result adopted = adopt(after, "--old", path("old.txt"), "--new", path("new.txt"));

            assertThat(adopted.status()).as(adopted.err()).isZero();
            assertThat(adopted.out()).contains("nothing is missing in between");
            assertOneHistory(after);
        });
    }

    @Test
    void slotThatPgUpgradeBringsAlongIsTakenAsItIs() throws Exception {
        upgrade("", after -> {
            // This is how it does so, from version 17 on, as the last thing of all.
            List<String> slot = after.query("select slot_name, lsn from"
                    + " pg_create_logical_replication_slot('rowback_app', 'pgoutput', false, false, true)");
            writeFirstRecord(next(after) - 1);
            assertThat(adopt(after, "--old", path("old.txt"), "--new", path("new.txt"))
                            .status())
                    .isEqualTo(4);
            writeFirstRecord(next(after));

            Result adopted = adopt(after, "--old", path("old.txt"), "--new", path("new.txt"));

            assertThat(adopted.status()).as(adopted.err()).isZero();
            assertThat(after.query("select slot_name, confirmed_flush_lsn from pg_replication_slots"))
                    .isEqualTo(slot);
            assertOneHistory(after);
        });
    }

    @Test
    @EnabledIfSystemProperty(
            named = "rowback.nightly",
            matches = "true",
            disabledReason = "takes two servers of its own")
    void aServerThatMayHaveWrittenIsAdoptedWithAGap() throws Exception {
        upgrade("insert into users values (2, 'nobody saw this')", after -> {
            writeFirstRecord(next(after));
            Result refused = adopt(after, "--old", path("old.txt"), "--new", path("new.txt"));
            assertThat(refused.status()).isEqualTo(4);
            assertThat(refused.err()).contains("the old server has begun to write since it was drained");

            Result adopted = adopt(after, "--gap");

            assertThat(adopted.status()).as(adopted.err()).isZero();
            assertThat(adopted.out()).contains("gap recorded: ").contains("without --old nothing tells");
            try (RunningCapture capture = new RunningCapture(after, folder)) {
                RunningCapture.await(() -> capture.table("users").coverage().size() == 2);
                after.run("update users set name = 'new' where id = 1");
                capture.catchUp();
                Gap gap = gaps(capture).get(0);
                assertThat(capture.baseline("users")).containsExactly("1|old", "2|nobody saw this");
                assertThat(capture.changes("users")).containsExactly("INSERT -> 1|old", "UPDATE 1|UNKNOWN -> 1|new");
                assertThat(capture.rows("users", gap.from())).contains(List.of("id=1 name=old"));
                assertThat(capture.rows("users", gap.from().next())).isEmpty();
            }
        });
    }

    @Test
    void whatPgUpgradeCannotHaveMadeIsRefused() throws Exception {
        try (PostgresServer server = server();
                PostgresServer other = server()) {
            Database app = server.createDatabase("app");
            app.run(TABLES);
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(2);
            }
            assertThat(adopt(app, "--gap").err()).contains("Only of another server");
            Database elsewhere = other.createDatabase("app");
            elsewhere.run("create table users (id int primary key, name text)");
            assertThat(adopt(elsewhere, "--gap").err()).contains("the server's log ends at ");
            elsewhere.run("create table filler as select repeat('x', 500) from generate_series(1, 40000)");
            assertThat(adopt(elsewhere, "--gap").err()).contains("error: no table has the oid that it had");
            assertThat(elsewhere.query("select count(*) from pg_replication_slots"))
                    .containsExactly("0");
            write("old.txt", "something else");
            assertThat(adopt(elsewhere, "--old", path("old.txt")).status()).isEqualTo(2);
        }
    }

    private static PostgresServer server() {
        return PostgresServer.version(18).setting("autovacuum", "off").start();
    }

    /** What is done with a server that was upgraded. */
    private interface Upgraded {
        void use(Database database) throws Exception;
    }

    /** Captures from a server until it is drained, writes to it what nobody captures, and upgrades it. */
    private void upgrade(String written, Upgraded upgraded) throws Exception {
        try (PostgresServer old = server()) {
            Database before = old.createDatabase("app");
            captureUntilDrained(before);
            before.run(written);
            writeControlData(before, next(before));
            old.stop(Shutdown.FAST);
            try (PostgresServer server = old.startUpgraded()) {
                Database after = before.at(server.port());
                asRestored(after);
                upgraded.use(after);
            }
        }
    }

    private void captureUntilDrained(Database app) throws Exception {
        app.run(TABLES);
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.covering(2);
            app.run("insert into users values (1, 'old'); insert into events values ('twice'), ('twice')");
            capture.catchUp();
            Result drained = run(app, "drain");
            assertThat(drained.status()).as(drained.err()).isZero();
            assertThat(drained.out()).contains("its next transaction is " + next(app) + ": shut it down now");
        }
    }

    /**
     * What pg_upgrade does: the publication is restored, and has another oid then; columns are written anew in the catalog;
     * and before version 15 tables have other files.
     */
    private static void asRestored(Database app) throws SQLException {
        app.run("drop publication rowback; create publication rowback for table users, events"
                + " with (publish_generated_columns = stored); vacuum full users, events;"
                + " alter table users alter name set statistics 200; alter table events alter what set statistics 200");
    }

    private void assertRefusedWithoutAdoption(Database after) {
        try (RunningCapture capture = new RunningCapture(after, folder)) {
            assertThat(capture.failure().code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(capture.failure().hint()).contains("`rowbackd adopt` goes on with it");
        }
    }

    private void assertOneHistory(Database after) throws SQLException {
        try (RunningCapture capture = new RunningCapture(after, folder)) {
            capture.covering(2);
            after.run("update users set name = 'new' where id = 1; delete from events");
            capture.catchUp();
            Result drained = run(after, "drain");
            assertThat(drained.status())
                    .as("the daemon has looked at the tables by then")
                    .isZero();
            assertThat(gaps(capture)).isEmpty();
            for (String table : List.of("users", "events")) {
                assertThat(capture.table(table).coverage())
                        .singleElement()
                        .extracting(Coverage::to)
                        .isEqualTo(Lsn.MAX);
                assertThat(capture.table(table).schemas())
                        .as("nothing was altered")
                        .hasSize(1);
            }
            assertThat(capture.changes("users")).containsExactly("INSERT -> 1|old", "UPDATE 1|UNKNOWN -> 1|new");
            assertThat(capture.changes("events"))
                    .containsExactly("INSERT -> twice", "INSERT -> twice", "DELETE twice", "DELETE twice");
            Lsn update = capture.transactions().get(2).commit();
            assertThat(capture.rows("users", update)).contains(List.of("id=1 name=old"));
            assertThat(capture.rows("users", update.next())).contains(List.of("id=1 name=new"));
            assertThat(capture.transactions())
                    .isSortedAccordingTo((one, other) -> one.id().compareTo(other.id()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long next(Database app) throws SQLException {
        return Long.parseLong(
                app.query("select pg_snapshot_xmax(pg_current_snapshot())").get(0));
    }

    /** As pg_controldata would print it once the server is stopped. */
    private void writeControlData(Database app, long next) throws Exception {
        write(
                "old.txt",
                "Database system identifier:           "
                        + app.query("select system_identifier from pg_control_system()")
                                .get(0)
                        + "\nDatabase cluster state:               shut down\nLatest checkpoint's NextXID:          0:"
                        + next + "\n");
    }

    /** As pg_waldump would print it of the log that pg_upgrade began. */
    private void writeFirstRecord(long next) throws IOException {
        write(
                "new.txt",
                "rmgr: XLOG len (rec/tot): 114/ 114, tx: 0, lsn: 0/08000028, prev 0/00000000, desc:"
                        + " CHECKPOINT_SHUTDOWN redo 0/8000028; tli 1; xid 0:" + next + "; oid 16394; shutdown\n");
    }

    private static List<Gap> gaps(RunningCapture capture) {
        return capture.read(reader -> reader.info().gaps());
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private record Result(int status, String out, String err) {}

    private Result adopt(Database app, String... options) throws IOException {
        return run(app, "adopt", options);
    }

    private Result run(Database app, String command, String... options) throws IOException {
        Path config = Files.writeString(
                folder.resolve("rowback.toml"),
                "[databases.app]\nurl = '" + app.url() + "'\n[store]\ndir = '" + folder + "'\n");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] all = Stream.concat(Stream.of(command, "--config", config.toString()), Stream.of(options))
                .toArray(String[]::new);
        int status = Main.execute(all, new PrintWriter(out, true), new PrintWriter(err, true));
        return new Result(status, out.toString(), err.toString());
    }
}
