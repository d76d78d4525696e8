package io.rowback.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.rowback.history.HistoryFixture;
import io.rowback.history.NotCovered;
import io.rowback.history.Retention;
import io.rowback.history.TableName;
import io.rowback.history.store.RocksHistoryWriter;
import io.rowback.testbed.Ports;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rowback status --live} with daemons that say all kinds of things. */
class LiveStatusTest {
    private static final String STATE = "{\"alive\":true,\"ready\":false,\"databases\":{\"app\":{\"state\":\"failing\","
            + "\"since\":\"2026-05-11T12:00:00Z\",\"durable\":\"0/1000\",\"lag_bytes\":20480,\"rpo_seconds\":12.5,"
            + "\"last_failure\":{\"time\":\"2026-05-11T12:00:00Z\",\"message\":\"gone\\u001b[2J\\nerror: x\","
            + "\"hint\":\"wait\",\"exit_code\":13}}}}";

    @TempDir
    Path folder;

    private final int port = Ports.free();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void makeStore() throws IOException {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store/app"))) {
            new HistoryFixture(writer).commit();
            writer.retain(new Retention(Duration.ofDays(90), 200L << 30));
        }
        Files.writeString(folder.resolve("rowback.toml"), """
                [databases.app]
                url = "postgresql://r@127.0.0.1/app"
                [store]
                dir = "%s"
                [http]
                listen = "0.0.0.0:%d"
                """.formatted(folder.resolve("store"), port));
    }

    /** Asks a daemon that answers everything so. */
    private int askOneThatSays(int status, String body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        try {
            return status("--live");
        } finally {
            server.stop(0);
        }
    }

    private int status(String... arguments) {
        String[] command = new String[arguments.length + 3];
        command[0] = "status";
        command[1] = "--config";
        command[2] = folder.resolve("rowback.toml").toString();
        System.arraycopy(arguments, 0, command, 3, arguments.length);
        return Main.run(Map.of(), out, new PrintWriter(err, true), command);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 503})
    void whatTheDaemonSaysIsToldOnALineEach(int status) throws IOException {
        assertThat(askOneThatSays(status, STATE)).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains("durable position:  LSN ")
                .contains("daemon:            failing since 2026-05-11T12:00:00Z\n")
                .contains("behind:            20 kB of the server's log; the oldest commit that is not held is at most"
                        + " 12.5 s old\n")
                .contains("last failure:      2026-05-11T12:00:00Z: gone")
                .contains("; wait\n")
                .doesNotContain("\u001b", "\nerror:");
    }

    @Test
    void whatTheDaemonDoesNotKnowIsNotToldAsNothing() throws IOException {
        String unknown = STATE.replace("20480", "null").replace("12.5", "null");
        assertThat(askOneThatSays(503, unknown)).as(err.toString()).isZero();
        assertThat(out.toString()).contains("behind:            not known how much of the server's log; how old the");
    }

    @Test
    void nobodyIsAskedWithoutTheOption() {
        assertThat(status()).isZero();
        assertThat(out.toString())
                .contains("kept:              changes of the last 90 days, at most 200 GB\n")
                .doesNotContain("daemon:");
    }

    @Test
    void ofManyTablesThatAreNotCoveredForOneReasonTheFirstAreNamed() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store/app"))) {
            writer.notCovered(Stream.concat(
                            Stream.of(new NotCovered(new TableName("public", "k"), "unlogged", null)),
                            IntStream.range(0, 3_000)
                                    .mapToObj(i -> new NotCovered(
                                            new TableName("public", "t" + i), "role r may not read it", "GRANT")))
                    .toList());
        }
        assertThat(status()).isZero();
        assertThat(out.toString().lines().filter(line -> line.startsWith("not covered: ")))
                .hasSize(1 + 20 + 1)
                .contains(
                        "not covered:       k: unlogged",
                        "not covered:       t0: role r may not read it; to mend it: GRANT")
                .last()
                .isEqualTo("not covered:       2,980 more: role r may not read it; rowback tables names them");
    }

    @Test
    void daemonThatDoesNotAnswerIsNamedBesideWhatTheStoreTells() {
        assertThat(status("--live")).isEqualTo(3);
        assertThat(out.toString())
                .contains("durable position:  LSN ")
                .contains("daemon:            no answer at 127.0.0.1:" + port + ": ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "hello", "[]", "{\"databases\":{\"other\":{\"state\":\"capturing\"}}}", "{\"databases\":1"})
    void whatSaysNothingOfTheDatabaseIsNoAnswer(String body) throws IOException {
        assertThat(askOneThatSays(200, body)).isEqualTo(3);
        assertThat(out.toString()).contains("what answers there tells nothing of database app");
    }

    @Test
    void missingTokenIsSaidToBeMissing() throws IOException {
        assertThat(askOneThatSays(401, "no")).isEqualTo(3);
        assertThat(out.toString()).contains("it wants a token that this account's configuration does not have");
    }

    @Test
    void documentHasTheAnswerOrTheReason() {
        assertThat(status("--live", "--json")).isEqualTo(3);
        assertThat(out.toString())
                .contains("\"live\":{\"address\":\"127.0.0.1:" + port + "\",\"answered\":false,\"reason\":\"");
    }

    @Test
    void storeOfAnotherConfigurationIsRefused() throws IOException {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("other/app"))) {
            new HistoryFixture(writer).commit();
        }
        Map<String, String> environment = Map.of(
                "ROWBACK_STORE", folder.resolve("other").toString(),
                "ROWBACK_DATABASES_APP_URL", "postgresql://r@127.0.0.1/app",
                "ROWBACK_STORE_DIR", folder.resolve("store").toString());
        assertThat(Main.run(environment, out, new PrintWriter(err, true), "status", "--live"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("the configured daemon does not write the store ");
    }
}
