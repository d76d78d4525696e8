package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Lsn;
import io.rowback.testbed.Database;
import io.rowback.testbed.OnServers;
import io.rowback.testbed.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * The interleaving with which Debezium's own search for its place in the stream loses rows without a word: a transaction
 * is open, another one commits, the next row of the first lies directly behind that commit record, and the daemon is
 * stopped there. The position where it goes on is then the LSN of a row in the middle of a transaction.
 */
class InterleavingIT {
    /** Between two records the server may write one of its own; then it takes another attempt. */
    private static final int ATTEMPTS = 10;
    /** What the server's own decoding says of both transactions: LSN, transaction, kind of message. */
    private static final String WITNESS = """
            select lsn, xid, chr(get_byte(data, 0))
              from pg_logical_slot_get_binary_changes(
                       'witness', null, null, 'proto_version', '1', 'publication_names', 'rowback')
            """;

    @TempDir
    Path folder;

    private final List<String> inserted = new ArrayList<>();

    @ParameterizedTest
    @OnServers
    void restartDirectlyBehindACommitInTheMiddleOfATransactionLosesNoRow(int major) throws Exception {
        try (PostgresServer server = PostgresServer.start(major)) {
            Database app = server.createDatabase("app");
            app.run("create table t (id int primary key); create table u (id int primary key)");
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(2);
            }
            app.query("select pg_create_logical_replication_slot('witness', 'pgoutput')");
            boolean adjacent = false;
            for (int attempt = 0; attempt < ATTEMPTS && !adjacent; attempt++) {
                adjacent = interleave(app, attempt);
            }
            assertThat(adjacent)
                    .as("the daemon stopped where a commit ended and a row of an open transaction began")
                    .isTrue();
        }
    }

    /** One attempt; says whether the records lay side by side and the daemon stopped between them. */
    private boolean interleave(Database app, int attempt) throws Exception {
        int first = 10 * attempt;
        Lsn stoppedAt;
        String xid;
        try (Connection open = app.connect();
                Statement second = open.createStatement()) {
            open.setAutoCommit(false);
            insert(second, first + 1);
            insert(second, first + 2);
            xid = xid(second);
            try (RunningCapture capture = new RunningCapture(app, folder)) {
                capture.covering(2);
                app.run("insert into u values (" + attempt + ")");
                insert(second, first + 3);
                RunningCapture.await(() -> capture.changes("u").size() == attempt + 1);
                stoppedAt = capture.stopped();
            }
            insert(second, first + 4);
            open.commit();
        }
        boolean adjacent = adjacent(app.query(WITNESS), xid, stoppedAt);
        try (RunningCapture capture = new RunningCapture(app, folder)) {
            capture.catchUp();
            assertThat(capture.changes("t")).isEqualTo(inserted);
            assertThat(capture.changes("u")).hasSize(attempt + 1);
            assertThat(capture.<Integer>read(reader -> reader.info().gaps().size()))
                    .isZero();
        }
        return adjacent;
    }

    private void insert(Statement statement, int id) throws SQLException {
        statement.execute("insert into t values (" + id + ")");
        inserted.add("INSERT -> " + id);
    }

    private static String xid(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("select pg_current_xact_id()")) {
            row.next();
            return row.getString(1);
        }
    }

    private static boolean adjacent(List<String> messages, String xid, Lsn stoppedAt) {
        boolean behindTheCommit =
                messages.stream().anyMatch(message -> message.startsWith(stoppedAt + "|") && message.endsWith("|C"));
        return behindTheCommit && messages.contains(stoppedAt + "|" + xid + "|I");
    }
}
