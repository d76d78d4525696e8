package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.demo.CapturedIncident.Situation;
import io.rowback.history.ErrorCode;
import io.rowback.restore.Main;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each incident, restored after a calm life and after one that stands in the way, whether the history tells of that or not:
 * by a bundle, by {@code --apply} and by a script, refusing, skipping and overwriting. All rows of all tables are as they are
 * to be, or as they were. The build plays each once, on the oldest or the newest Postgres, the nightly profile on all with
 * both replica identities.
 */
class ContestedIncidentsIT {
    private static final Map<Integer, PostgresServer> SERVERS = new TreeMap<>();

    /** How every restore has to end. */
    private static final Map<String, List<Ending>> ENDINGS = Map.of(
            "deleted-users",
            List.of(
                    new Ending("calm", "refuse", ErrorCode.DONE, 67, "calm"),
                    new Ending("calm", "skip", ErrorCode.DONE, 67, "calm"),
                    new Ending("calm", "overwrite", ErrorCode.DONE, 67, "calm"),
                    new Ending("contested", "skip", ErrorCode.PARTIAL, 57, "contested-skip"),
                    new Ending("contested", "overwrite", ErrorCode.DONE, 67, "contested-overwrite"),
                    new Ending("occupied", "skip", ErrorCode.PARTIAL, 62, "occupied-skip")),
            "nulled-columns",
            List.of(
                    new Ending("calm", "skip", ErrorCode.PARTIAL, 22, "calm-skip"),
                    new Ending("calm", "overwrite", ErrorCode.DONE, 22, "calm-overwrite"),
                    new Ending("contested", "skip", ErrorCode.PARTIAL, 21, "contested-skip"),
                    new Ending("contested", "overwrite", ErrorCode.DONE, 22, "contested-overwrite"),
                    new Ending("occupied", "skip", ErrorCode.PARTIAL, 19, "occupied-skip")),
            "tangled-names",
            List.of(
                    new Ending("calm", "refuse", ErrorCode.DONE, 21, "calm"),
                    new Ending("calm", "skip", ErrorCode.DONE, 21, "calm"),
                    new Ending("calm", "overwrite", ErrorCode.DONE, 21, "calm"),
                    new Ending("contested", "skip", ErrorCode.PARTIAL, 10, "contested-skip"),
                    new Ending("contested", "overwrite", ErrorCode.DONE, 21, "contested-overwrite"),
                    new Ending("occupied", "skip", ErrorCode.PARTIAL, 15, "occupied-skip")));

    @TempDir
    private Path folder;

    private int bundles;

    /**
     * How a restore ends that is not refused.
     *
     * @param rows how many it writes
     * @param wanted the script that says what there is to be then
     */
    private record Ending(String situation, String mode, ErrorCode code, int rows, String wanted) {}

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(PostgresServer::close);
    }

    @ParameterizedTest(name = "{0} on Postgres {1}, replica identity {2}")
    @MethodSource("runs")
    void whateverStandsInTheWayThereIsJustWhatWasPromised(Incident incident, int postgres, String identity)
            throws SQLException, IOException {
        PostgresServer server = SERVERS.computeIfAbsent(postgres, PostgresServer::start);
        CapturedIncident captured = CapturedIncident.play(incident, server, identity, folder);
        List<Ending> endings = Objects.requireNonNull(ENDINGS.get(incident.name()));
        for (String situation : List.of("calm", "contested", "occupied")) {
            for (String mode : List.of("refuse", "skip", "overwrite")) {
                Situation place = Objects.requireNonNull(captured.situations().get(situation));
                List<Ending> ending = endings.stream()
                        .filter(one ->
                                one.situation().equals(situation) && one.mode().equals(mode))
                        .toList();
                List<String> before = captured.rows(place.database());
                try {
                    if (ending.isEmpty()) {
                        isRefused(captured, place, mode);
                    } else {
                        isWritten(captured, place, ending.get(0), before);
                    }
                    if (!place.told()) {
                        scriptThatKnowsNothingOfItFails(captured, place, mode);
                    }
                    holds(captured, place, before);
                } catch (AssertionError | SQLException e) {
                    throw new AssertionError(situation + ", " + mode, e);
                }
            }
        }
    }

    static Stream<Arguments> runs() {
        return IncidentRuns.ofBuild(
                Arguments.of(new DeletedUsers(), 14, "default"),
                Arguments.of(new NulledColumns(), 18, "full"),
                Arguments.of(new TangledNames(), 18, "full"));
    }

    private void isRefused(CapturedIncident captured, Situation place, String mode) {
        Path bundle = nextBundle();
        restore(ErrorCode.REFUSED, captured, place, mode, "--bundle", bundle.toString(), "--target");
        assertThat(bundle).doesNotExist();
        restore(ErrorCode.REFUSED, captured, place, mode, "--apply", "--yes", "1", "--target");
        if (place.told()) {
            assertThat(restore(ErrorCode.REFUSED, captured, place, mode)).isEmpty();
        }
    }

    private void isWritten(CapturedIncident captured, Situation place, Ending ending, List<String> before)
            throws SQLException, IOException {
        Database database = place.database();
        List<String> wanted = captured.wanted(database, "wanted-" + ending.wanted());
        assertThat(wanted).isNotEqualTo(before);
        Path bundle = nextBundle();
        String undo = bundle.resolve("undo-restore.sql").toString();
        restore(ending.code(), captured, place, ending.mode(), "--bundle", bundle.toString(), "--target");
        assertThat(problems(database, bundle)).isEqualTo(ending.rows());
        database.run(Files.readString(bundle.resolve("restore.sql")));
        holds(captured, place, wanted);
        assertThat(problems(database, bundle)).isZero();
        database.run(Files.readString(Path.of(undo)));
        holds(captured, place, before);
        assertThat(problems(database, bundle)).isEqualTo(ending.rows());

        String rows = Integer.toString(ending.rows());
        restore(ending.code(), captured, place, ending.mode(), "--apply", "--yes", rows, "--target");
        holds(captured, place, wanted);
        database.run(Files.readString(Path.of(undo)));
        holds(captured, place, before);

        if (place.told()) {
            String script = restore(ending.code(), captured, place, ending.mode());
            for (int run = 1; run <= 2; run++) {
                database.run(script);
                holds(captured, place, wanted);
            }
            database.run(Files.readString(Path.of(undo)));
        }
    }

    /** One that was made from a history that ends too early, in any mode that makes one. */
    private void scriptThatKnowsNothingOfItFails(CapturedIncident captured, Situation place, String mode) {
        boolean conflicts = Objects.requireNonNull(
                        ENDINGS.get(captured.incident().name()))
                .stream()
                .noneMatch(ending -> ending.situation().equals("calm")
                        && ending.code() == ErrorCode.DONE
                        && ending.mode().equals("refuse"));
        ErrorCode code = !conflicts || mode.equals("overwrite")
                ? ErrorCode.DONE
                : mode.equals("skip") ? ErrorCode.PARTIAL : ErrorCode.REFUSED;
        String script = restore(code, captured, place, mode);
        if (code != ErrorCode.REFUSED) {
            assertThatThrownBy(() -> place.database().run(script)).isInstanceOf(SQLException.class);
        }
    }

    private static void holds(CapturedIncident captured, Situation place, List<String> rows) throws SQLException {
        assertThat(captured.rows(place.database())).containsExactlyInAnyOrderElementsOf(rows);
    }

    private Path nextBundle() {
        bundles++;
        return folder.resolve("bundle" + bundles);
    }

    /** Runs the tool with these options, of which {@code --target} takes the database; returns the SQL that it prints. */
    private static String restore(
            ErrorCode ending, CapturedIncident captured, Situation place, String mode, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of("restore", "--store", place.store().toString()));
        arguments.addAll(captured.scope());
        arguments.addAll(List.of("--on-conflict", mode));
        if (options.length > 0) {
            arguments.addAll(List.of(options));
            arguments.addAll(List.of(place.database().url(), "--copy"));
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(Map.of(), out, new PrintWriter(err, true), arguments.toArray(String[]::new));
        assertThat(code).as(arguments + "\n" + err).isEqualTo(ending.exitCode());
        return out.toString();
    }

    /** How many rows a bundle's verify.sql prints. */
    private static int problems(Database database, Path bundle) throws SQLException, IOException {
        int rows = 0;
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            boolean result = statement.execute(
                    Files.readString(bundle.resolve("verify.sql")).replace("\n\\set ON_ERROR_STOP on\n", "\n"));
            while (result || statement.getUpdateCount() >= 0) {
                if (result) {
                    try (ResultSet found = statement.getResultSet()) {
                        while (found.next()) {
                            rows++;
                        }
                    }
                }
                result = statement.getMoreResults();
            }
        }
        return rows;
    }
}
