package io.rowback.restore;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an incident can be named by: ranges of keys, annotations, a moment alone, and mixtures of them. */
final class ScopesTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private static final TableSchema LINES = TableFixture.table("lines")
            .column("user_id", "bigint")
            .column("n", "text")
            .column("text", "text")
            .key("user_id", "n")
            .build();
    private static final TableSchema CODES =
            TableFixture.table("codes").column("code", "text").key("code").build();
    private static final String ALICE = "{\"user\": \"alice\", \"application\": \"psql\"}";
    private static final String BOB = "{\"user\": \"bob\", \"application\": \"psql\"}";

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Alice deletes users 1 and 20 (701, 703), Bob user 3 and a line (702), nobody changes user 4 (704) and a code (705). */
    @BeforeAll
    static void fillStore() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store"))) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(USERS, user("1"), user("3"), user("4"), user("20"));
            life.baseline(LINES, row(LINES, "1", "a", "x"), row(LINES, "3", "b", "x"));
            life.baseline(CODES, row(CODES, "10"), row(CODES, "b"));
            life.commit(List.of(ALICE), delete(user("1")));
            life.commit(List.of(BOB), delete(user("3")), delete(row(LINES, "3", "b", "x")));
            life.commit(List.of(ALICE), delete(user("20")));
            life.commit(update(user("4"), row(USERS, "4", "four")), insert(user("5")));
            life.commit(delete(row(CODES, "10")), delete(row(CODES, "b")));
        }
    }

    private static RowImage user(String id) {
        return row(USERS, id, "user " + id);
    }

    private int rowback(String... arguments) {
        List<String> all =
                new ArrayList<>(List.of("--store", folder.resolve("store").toString()));
        all.addAll(Arrays.asList(arguments));
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(Map.of(), out, new PrintWriter(err, true), all.toArray(String[]::new));
    }

    /** The rows that are put back, as their comments in the script name them. */
    private List<String> restored(String arguments) {
        List<String> words = new ArrayList<>(List.of("restore"));
        words.addAll(List.of(arguments.split(" ")));
        assertThat(rowback(words.toArray(String[]::new))).as(err.toString()).isZero();
        return out.toString()
                .lines()
                .filter(line -> line.matches("-- .* by transaction .*"))
                .map(line -> line.replaceAll("-- (.*): .* by transaction.*", "$1"))
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--from lsn:0/1000 --table users --key-range 1..3 | users 1,users 3",
                "--from lsn:0/1000 --table users --key-range 2..19 | users 3,users 4",
                "--tx 701,702,703 --table users --key-range 3..20 | users 20,users 3",
                "--from lsn:0/1000 --table lines --key-range 2..3 | 'lines user_id=3,n=b'",
                "--from lsn:0/1000 --table codes --key-range 1..2 | codes 10",
                "--from lsn:0/1000 --table codes --key-range a..b | codes b",
                "--user alice | users 1,users 20",
                "--user alice --from tx:702 | users 20",
                "--user alice --to tx:702 | users 1",
                "--application psql --table users | users 1,users 20,users 3",
                "--user bob --application psql | 'lines user_id=3,n=b,users 3'",
                "--user alice --table users --key-range 2..30 | users 20",
                "--user alice --table users --key 1 | users 1",
                "--at tx:703 --table users | users 20,users 4",
                "--at tx:702 | codes 10,codes b,'lines user_id=3,n=b',users 20,users 3,users 4",
                "--at tx:702 --to tx:703 | 'lines user_id=3,n=b,users 3'",
                "--at tx:702 --user alice | users 20",
                "--at tx:703 --table users --where id=4 | users 4",
            })
    void incidentIsNamedByAnyOfThese(String arguments, String rows) {
        assertThat(String.join(",", restored(arguments))).isEqualTo(rows.replace("'", ""));
    }

    @Test
    void previewNamesWhichOfTheTwoItIsAndWhatItDiscards() {
        restored("--tx 701,703");
        assertThat(err.toString()).startsWith("undo: discards what 2 transactions did; others' changes stay\n");
        restored("--at tx:703 --table users");
        assertThat(err.toString())
                .startsWith("as of LSN 0/1300: discards what the commits from LSN 0/1300 to 0/1580 did;")
                .contains("every change since counts as part of the incident");
        restored("--at tx:701 --tx 703 --on-conflict overwrite");
        assertThat(err.toString())
                .startsWith("as of LSN 0/1100: discards what one transaction did;"
                        + " what others did since then to the same rows goes too\n");
        restored("--user alice --json");
        assertThat(out.toString()).startsWith("{\"outcome\":\"whole\",\"mode\":\"undo\",\"at\":null,");
        restored("--at tx:703 --json");
        assertThat(out.toString()).contains("\"mode\":\"as_of\",\"at\":\"0/1300\"");
    }

    @Test
    void refusalOfALargePlanTellsHowManyRowsItHas() {
        assertThat(rowback("restore", "--at", "tx:701", "--max-rows", "2")).isEqualTo(4);
        assertThat(err.toString()).contains("the plan has 7 rows, more than the 2 that are allowed");
        assertThat(rowback("restore", "--at", "tx:701", "--max-rows", "7")).isZero();
    }

    @Test
    void rangeThatEndsBeforeItBeginsIsRefusedWithTheOneThatIsMeant() {
        assertThat(rowback("restore", "--tx", "701", "--table", "users", "--key-range", "30..2"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("hint: The lower end of a range comes first: 2..30.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--user carol | 12",
                "--tx 701 --user alice | 2",
                "--key 1 --user alice | 2",
                "--at tx:703 --to tx:701 | 2",
                "--at lsn:0/1 --table users | 12",
                "--tx 701 --table users --key-range 1-2 | 2",
                "--tx 701 --table users --key-range 1..x | 2",
            })
    void namesOfNothingAreRefused(String arguments, int exitCode) {
        assertThat(rowback(("restore " + arguments).split(" "))).isEqualTo(exitCode);
        assertThat(err.toString()).contains("error: ").contains("hint: ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void noFileIsMadeWhereNothingIsLeftToWrite() {
        Path file = folder.resolve("nothing.sql");
        assertThat(rowback("restore", "--user", "alice", "--ops", "update", "-o", file.toString()))
                .isZero();
        assertThat(err.toString()).contains("nothing to write");
        assertThat(Files.exists(file)).isFalse();
    }
}
