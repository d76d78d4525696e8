package io.rowback.demo;

import io.rowback.history.Lsn;
import io.rowback.testbed.CleanUp;
import io.rowback.testbed.Database;
import io.rowback.testbed.Folders;
import io.rowback.testbed.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One incident from an empty database to the moment when nothing is missing any more: server, daemon and tool are real
 * and run as processes of their own. Every expectation that fails ends the run with an {@link IllegalStateException}.
 */
public final class IncidentRun implements AutoCloseable {
    private static final long CATCH_UP_SECONDS = 90;
    private static final long STOP_SECONDS = 20;

    private final Incident incident;
    private final Database database;
    private final Story story;
    private final Path folder;
    private final Installation installation;
    private final Support support;
    private final CleanUp cleanUp = new CleanUp("demo-clean-up", this::end);
    private @Nullable Process daemon;

    /**
     * Prepares a run.
     *
     * @param database an empty database of its own
     * @param home where the programs are installed
     */
    public IncidentRun(Incident incident, Database database, Path home, Story story) {
        this.incident = incident;
        this.database = database;
        this.story = story;
        try {
            this.folder = Files.createTempDirectory("rowback-demo-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.installation = new Installation(home, folder);
        this.support = new Support(installation, story);
    }

    /** The database in which it happens. */
    public Database database() {
        return database;
    }

    /** The programs, with their configuration. */
    public Installation installation() {
        return installation;
    }

    /** Plays all of it; {@code identity} is the tables' REPLICA IDENTITY. */
    public void play(String identity) throws SQLException, IOException {
        story.step("A database with its first rows");
        script("1-schema");
        int tables = setReplicaIdentity(identity);
        startCapture(tables);
        story.step("Life, captured");
        script("2-life");
        story.step("The mistake");
        script("3-incident");
        story.step("Life goes on: nobody has noticed");
        script("4-later");
        catchUp();

        story.step("Somebody notices");
        int differences = database.query(incident.script("5-check")).size();
        expect(differences > 0, "the check finds no difference before the restore");
        story.tell(differences + " differences from the truth (5-check.sql). What does Rowback know?");
        List<String> scope = incident.find(support);

        story.step("The SQL that puts the rows back");
        Path sql = restore(scope);
        apply(sql, "Applied, in one transaction");
        List<String> versions = rowVersions();
        apply(sql, "Applied once more, which changes nothing");
        expect(rowVersions().equals(versions), "the second time wrote rows");
        story.tell("What was lost is back, and nothing that happened since was touched.");

        story.step("The restore is history too, and marked as one");
        catchUp();
        String newest = support.asks("transactions", "--limit", "1");
        expect(newest.contains("    note: restore 'what "), "the newest transaction is not marked as a restore");
    }

    private void script(String name) throws SQLException {
        String text = incident.script(name);
        text.lines().takeWhile(line -> line.startsWith("-- ")).forEach(line -> story.tell(line.substring(3)));
        database.run(text);
    }

    private int setReplicaIdentity(String identity) throws SQLException {
        int tables = setReplicaIdentity(database, identity);
        story.tell(tables + " tables, REPLICA IDENTITY " + identity);
        return tables;
    }

    /** Gives all tables of a database this REPLICA IDENTITY; returns how many there are. */
    static int setReplicaIdentity(Database database, String identity) throws SQLException {
        List<String> statements = database.query("""
                select format('alter table %s replica identity IDENTITY', c.oid::regclass)
                  from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'""".replace("IDENTITY", identity));
        database.run(String.join(";", statements));
        return statements.size();
    }

    private void startCapture(int tables) throws IOException, SQLException {
        story.step("Capture starts");
        Files.writeString(installation.config(), """
                [databases.%s]
                url = "%s"
                exclude = ["truth.*"]
                [store]
                dir = "%s"
                [http]
                listen = "127.0.0.1:%d"
                """.formatted(
                        database.name(), database.url(), folder.resolve("store"), Ports.free()));
        story.typed("rowbackd", List.of("run", "--config", installation.config().toString()));
        daemon = installation.startDaemon();
        await("cover " + tables + " tables", status -> status.coveredTables() == tables);
        story.tell("the rows that are there were read, changes are streaming");
    }

    /** Waits until the history holds all that is committed by now. */
    private void catchUp() throws SQLException {
        Lsn target = Lsn.parse(database.query("select pg_current_wal_lsn()").get(0));
        await("hold all below " + target, status -> !status.durable().isBefore(target));
    }

    private void await(String goal, Predicate<HistoryStatus> reached) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CATCH_UP_SECONDS);
        while (!reached.test(HistoryStatus.read(installation))) {
            boolean late = System.nanoTime() > deadline;
            expect(!late, "after " + CATCH_UP_SECONDS + " s the history does not " + goal + "\n" + daemonLog());
            expect(!ended(200), "the daemon has ended\n" + daemonLog());
        }
    }

    private Path restore(List<String> scope) throws IOException {
        Path sql = folder.resolve("restore.sql");
        List<String> arguments = new ArrayList<>(List.of("restore"));
        arguments.addAll(scope);
        arguments.addAll(List.of("-o", sql.toString()));
        story.typed("rowback", arguments);
        Output output = installation.rowback(arguments);
        story.printed(output.err(), 30, 10);
        story.tell("exit code " + output.exitCode());
        expect(output.exitCode() == incident.ending().exitCode(), "not the exit code of " + incident.ending());
        for (String mention : incident.mentions()) {
            expect(output.err().contains(mention), "the summary does not mention " + mention);
        }
        story.typed("less", List.of(sql.toString()));
        story.printed(Files.readString(sql), 45, 12);
        return sql;
    }

    private void apply(Path sql, String title) throws SQLException, IOException {
        story.step(title);
        story.typed("psql", List.of("-v", "ON_ERROR_STOP=1", "-d", database.url(), "-f", sql.toString()));
        database.run(Files.readString(sql));
        List<String> left = database.query(incident.script("5-check"));
        expect(left.isEmpty(), "differences from the truth are left: " + left);
        story.tell("the check finds no difference from the truth");
    }

    /** Which version of each row is where: any write, even of an equal value, changes it. */
    private List<String> rowVersions() throws SQLException {
        String everyRow = database.query("""
                select string_agg(format('select tableoid, ctid, xmin from %s', c.oid::regclass), ' union all ')
                  from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'""").get(0);
        return database.query(everyRow + " order by 1, 2");
    }

    private boolean ended(long millis) {
        try {
            return daemon != null && daemon.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }

    private static void expect(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    private String daemonLog() {
        try {
            return Files.exists(installation.daemonLog()) ? Files.readString(installation.daemonLog()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the daemon and removes all files of the run; so does the JVM's end. */
    @Override
    public void close() {
        cleanUp.close();
    }

    private void end() {
        if (daemon != null) {
            daemon.destroy();
            if (!ended(TimeUnit.SECONDS.toMillis(STOP_SECONDS))) {
                daemon.destroyForcibly();
            }
        }
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
