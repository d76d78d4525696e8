package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.rowback.testbed.Database;
import io.rowback.testbed.Ports;
import io.rowback.testbed.PostgresServer;
import io.rowback.testbed.ThrowawayIdentity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator is given to watch the daemon with fits what the installed daemon really serves. */
class MonitoringIT {
    private static final Path DEPLOY = Checkout.ROOT.resolve("deploy");
    private static final Path SHARE =
            Path.of(System.getProperty("rowback.home")).resolve("share");
    private static final Path RULES = SHARE.resolve("prometheus-alerts.yml");
    private static final Path DASHBOARD = SHARE.resolve("grafana-dashboard.json");

    private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) (\\w+)");
    private static final Pattern SERIES = Pattern.compile("([a-z]\\w+)[ {].*");
    private static final Pattern DOCUMENTED = Pattern.compile("\\| `(rowback_\\w+)` \\| (\\w+) \\| .+ \\|");
    /** Names as they stand in expressions: functions have a parenthesis behind them, labels a comparison. */
    private static final Pattern NAME = Pattern.compile("\\b(?:rowback|process|jvm|system)_\\w+");

    @TempDir
    private static Path folder;

    private static final String TOKEN = "0123456789abcdef0123456789abcdef";

    private static String scrape = "";
    private static Output live = new Output(-1, "", "");
    private static Output gone = new Output(-1, "", "");

    /** One that others could reach, so with all that it takes. */
    @BeforeAll
    static void askARealDaemon() throws Exception {
        int port = Ports.free();
        ThrowawayIdentity identity = ThrowawayIdentity.make(folder, "EC");
        Path token = Files.writeString(Files.createTempFile(folder, "token", ""), TOKEN + "\n");
        String http = "listen = \"0.0.0.0:%d\"\ntoken_file = \"%s\"\ncertificate = \"%s\"\nkey = \"%s\""
                .formatted(port, token, identity.certificate(), identity.key());
        try (PostgresServer server = PostgresServer.start(18)) {
            Database app = server.createDatabase("watched");
            app.run("create table t (id int primary key)");
            try (RunningDaemon daemon = new RunningDaemon(app, folder, http)) {
                daemon.covering(1);
                app.run("insert into t values (1)");
                daemon.catchUp();
                // Each change is counted once it is held.
                while (!scrape.contains("rowback_changes_total{")) {
                    scrape = HttpClient.newBuilder()
                            .sslContext(identity.trusted())
                            .build()
                            .send(
                                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/metrics"))
                                            .header("Authorization", "Bearer " + TOKEN)
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body();
                }
                live = daemon.rowback("status", "--live", "--json");
            }
        }
        gone = new Installation(Path.of(System.getProperty("rowback.home")), folder)
                .rowback(List.of("status", "--live"));
    }

    @Test
    void statusTellsOnRequestWhatTheDaemonDoesNow() throws IOException {
        JsonNode daemon = new ObjectMapper().readTree(live.out()).path("live");
        assertThat(live.exitCode()).as(live.err()).isZero();
        assertThat(daemon.path("answered").asBoolean()).as(live.out()).isTrue();
        assertThat(daemon.path("state").asText()).isEqualTo("capturing");
        assertThat(daemon.path("last_failure").isNull()).isTrue();
        assertThat(daemon.path("rpo_seconds").asDouble(-1)).isNotNegative();

        assertThat(gone.exitCode()).isEqualTo(3);
        assertThat(gone.out()).contains("durable position:").contains("no answer at 127.0.0.1:");
    }

    @Test
    void everyMetricServedIsDocumentedWithItsKindAndTheOtherWayRound() throws IOException {
        Map<String, String> documented = DOCUMENTED
                .matcher(Files.readString(DEPLOY.resolve("METRICS.md")))
                .results()
                .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
        Map<String, String> served = TYPE.matcher(scrape)
                .results()
                .filter(type -> type.group(1).startsWith("rowback_"))
                .collect(Collectors.toMap(type -> type.group(1), type -> type.group(2)));
        assertThat(served).isEqualTo(documented).hasSizeGreaterThan(20);
    }

    @Test
    void everyMetricServedSaysWhatItIs() {
        assertThat(TYPE.matcher(scrape).results().map(type -> type.group(1)))
                .allSatisfy(metric -> assertThat(scrape).containsPattern("# HELP " + metric + " \\S"));
    }

    @Test
    void everyMetricThatAnAlertOrAPanelAsksForExists() throws IOException {
        List<String> expressions = Stream.concat(texts(rules(), "expr"), texts(dashboard(), "expr"))
                .toList();
        Set<String> asked = expressions.stream()
                .flatMap(expression -> NAME.matcher(expression).results())
                .map(name -> name.group())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> series = scrape.lines()
                .map(SERIES::matcher)
                .filter(line -> line.matches())
                .map(line -> line.group(1))
                .collect(Collectors.toSet());
        assertThat(expressions).hasSizeGreaterThan(30);
        assertThat(asked).hasSizeGreaterThan(25).isSubsetOf(series);
    }

    @Test
    void everyAlertHasItsSectionInTheRunbookAndTheOtherWayRound() throws IOException {
        List<String> alerts = texts(rules(), "alert").toList();
        String runbook = Files.readString(DEPLOY.resolve("RUNBOOK.md"));
        assertThat(runbook.lines().filter(line -> line.startsWith("## ")).map(line -> line.substring(3)))
                .containsExactlyElementsOf(alerts);
        JsonNode list = rules().at("/groups/0/rules");
        assertThat(list).hasSameSizeAs(alerts).allSatisfy(rule -> {
            String alert = rule.path("alert").asText();
            assertThat(rule.at("/annotations/runbook").asText()).startsWith("RUNBOOK.md, " + alert + ": ");
            assertThat(rule.at("/annotations/summary").asText()).isNotEmpty();
            assertThat(rule.at("/labels/severity").asText()).isIn("critical", "warning");
        });
    }

    @Test
    void panelsHaveTheirOwnIdAndPlaceAndAreShownForWhatWasChosen() throws IOException {
        List<JsonNode> panels = StreamSupport.stream(dashboard().path("panels").spliterator(), false)
                .toList();
        Set<Integer> ids = new HashSet<>();
        Set<String> places = new HashSet<>();
        assertThat(panels).hasSizeGreaterThan(15).allSatisfy(panel -> {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            assertThat(places.add(panel.at("/gridPos/x") + "/" + panel.at("/gridPos/y")))
                    .isTrue();
            assertThat(texts(panel, "expr"))
                    .allSatisfy(expression -> assertThat(expression).containsAnyOf("$database", "$job"));
        });
    }

    /** The Debian package prometheus has it. */
    @Test
    void prometheusAcceptsTheRulesAndTheyFireWhenTheyShould() throws Exception {
        assumeTrue(isThere("promtool"), "promtool is not on the path");
        assertThat(promtool("check", "rules", RULES.toString())).isZero();
        assertThat(promtool(
                        "test",
                        "rules",
                        DEPLOY.resolve("src/test/prometheus-alerts.test.yml").toString()))
                .isZero();
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }

    private static int promtool(String... arguments) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Stream.concat(Stream.of("promtool"), Stream.of(arguments))
                        .toList())
                .inheritIO()
                .start();
        return process.waitFor();
    }

    private static JsonNode rules() throws IOException {
        return new YAMLMapper().readTree(RULES.toFile());
    }

    private static JsonNode dashboard() throws IOException {
        return new ObjectMapper().readTree(DASHBOARD.toFile());
    }

    private static Stream<String> texts(JsonNode document, String field) {
        return document.findValuesAsText(field).stream();
    }
}
