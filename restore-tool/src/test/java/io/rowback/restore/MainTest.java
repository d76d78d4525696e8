package io.rowback.restore;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ForeignKey.Action;
import io.rowback.history.HistoryFixture;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line from arguments to exit code, on a store that a life of a few rows has filled. */
final class MainTest {
    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .column("plan", "text")
            .key("id")
            .build();
    private static final TableSchema LINES = TableFixture.table("lines")
            .column("user_id", "bigint")
            .column("n", "text")
            .key("user_id", "n")
            .foreignKey("user_id", USERS, Action.CASCADE)
            .build();

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Transaction 701 updates user -42, 702 deletes it with its line, 703 inserts user 7, 704 updates user 1. */
    @BeforeAll
    static void fillStore() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store/app"))) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(USERS, row(USERS, "-42", "it's", "pro"), row(USERS, "1", "one\n", null));
            life.baseline(LINES, row(LINES, "-42", "a,b"));
            life.commit(update(row(USERS, "-42", "it's", "pro"), row(USERS, "-42", "it's", "test")));
            life.commit(delete(row(USERS, "-42", "it's", "test")), delete(row(LINES, "-42", "a,b")));
            life.commit(insert(row(USERS, "7", "seven", "free")));
            life.commit(update(row(USERS, "1", "one\n", null), row(USERS, "1", "uno", null)));
        }
    }

    private int rowback(String... arguments) {
        List<String> all =
                new ArrayList<>(List.of("--store", folder.resolve("store").toString()));
        all.addAll(List.of(arguments));
        return run(Map.of(), out, all.toArray(String[]::new));
    }

    private int run(Map<String, String> environment, Writer to, String... arguments) {
        return Main.run(environment, to, new PrintWriter(err, true), arguments);
    }

    @Test
    void fileInAFolderThatIsNotThereAndATransactionThatCannotBeAreToldAsThat() {
        String file = folder.resolve("none/restore.sql").toString();
        assertThat(rowback("restore", "--tx", "702", "-o", file)).isEqualTo(1);
        assertThat(err.toString()).contains("error: the plan was not written in whole: its folder does not exist\n");
        assertThat(rowback("restore", "--tx", "-702")).isEqualTo(2);
        assertThat(err.toString()).contains("error: no transaction has a negative id\n");
    }

    @Test
    void historyOfANegativeKeyIsNoOption() {
        assertThat(rowback("history", "users", "-42")).isZero();
        assertThat(out).hasToString("""
                2026-01-01T00:00:01Z  transaction 701  update  users -42
                    plan: 'pro' -> 'test'
                2026-01-01T00:00:02Z  transaction 702  delete  users -42
                    id: '-42' lost
                    name: 'it's' lost
                    plan: 'test' lost
                """);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void relatedRowsAreToldInCommitOrder() {
        assertThat(rowback("history", "users", "-42", "--related", "--json")).isZero();
        assertThat(out.toString().lines())
                .hasSize(3)
                .last()
                .asString()
                .isEqualTo(
                        "{\"time\":\"2026-01-01T00:00:02Z\",\"xid\":\"702\",\"lsn\":\"0/1200\",\"ordinal\":1,"
                                + "\"operation\":\"delete\",\"schema\":\"public\",\"table\":\"lines\","
                                + "\"key\":{\"user_id\":\"-42\",\"n\":\"a,b\"},"
                                + "\"changes\":{\"user_id\":{\"old\":\"-42\"},\"n\":{\"old\":\"a,b\"}},\"annotations\":[],\"notes\":[]}");
    }

    @Test
    void columnsAndLimitNarrowTheHistory() {
        assertThat(rowback("history", "users", "-42", "--columns", "plan", "--limit", "1"))
                .isZero();
        assertThat(out.toString()).startsWith("2026-01-01T00:00:02Z").doesNotContain("name");
        assertThat(err.toString()).contains("1 older changes are left out");
    }

    @Test
    void limitOfNoneShowsNothingAndANegativeOneIsRefused() {
        assertThat(rowback("history", "users", "-42", "--limit", "0")).isZero();
        assertThat(rowback("transactions", "--limit", "0")).isZero();
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("2 older changes are left out", "4 older transactions are left out");
        assertThat(rowback("history", "users", "-42", "--limit", "-1")).isEqualTo(2);
        assertThat(rowback("transactions", "--limit", "-1")).isEqualTo(2);
    }

    @Test
    void rowsAreShownAsTheyStood() {
        assertThat(rowback("show", "users", "-42", "--at", "tx:701", "--json")).isZero();
        assertThat(rowback("show", "users", "-42", "--json")).isZero();
        assertThat(rowback("show", "lines", "n='a,b',user_id=-42", "--at", "tx:702"))
                .isZero();
        assertThat(rowback("show", "users", "--where", "id < 5", "--at", "now")).isZero();
        assertThat(out).hasToString("""
                {"schema":"public","table":"users","key":{"id":"-42"},"lsn":"0/1100","row":{"id":"-42","name":"it's","plan":"pro"}}
                {"schema":"public","table":"users","key":{"id":"-42"},"lsn":"0/1480","row":null}
                lines user_id=-42,n='a,b'
                    user_id: '-42'
                    n: 'a,b'
                users 1
                    id: '1'
                    name: 'uno'
                    plan: NULL
                """);
    }

    @Test
    void transactionsAreFoundByWhatTheyDid() {
        assertThat(rowback("transactions", "--op", "delete", "--min-rows", "2")).isZero();
        assertThat(out).hasToString("""
                2026-01-01T00:00:02Z  transaction 702  LSN 0/1200
                    lines: 1 delete
                    users: 1 delete
                """);
        assertThat(rowback("transactions", "--table", "lines", "--op", "delete", "--min-rows", "2"))
                .isZero();
        assertThat(out.toString()).endsWith("users: 1 delete\n");
    }

    @Test
    void restoreWritesSqlToStandardOutputAndASummaryToStandardError() {
        assertThat(rowback("restore", "--tx", "701,702")).isZero();
        assertThat(out.toString()).contains("INSERT INTO public.users").contains("'-42', 'it''s', 'pro'");
        assertThat(err.toString()).contains("users: rows to insert: 1").contains("lines: rows to insert: 1");
    }

    @Test
    void fileIsNotReplacedUnlessForced() throws IOException {
        Path file = folder.resolve("restore.sql");
        assertThat(rowback("restore", "--tx", "702", "-o", file.toString())).isZero();
        assertThat(file).content().contains("COMMIT;");
        assertThat(out.toString()).isEmpty();
        assertThat(rowback("restore", "--tx", "701,702", "-o", file.toString())).isEqualTo(2);
        assertThat(rowback("restore", "--tx", "701,702", "-o", file.toString(), "--force"))
                .isZero();
        assertThat(file).content().contains("'pro'");
        try (var files = Files.list(folder)) {
            assertThat(files).noneMatch(path -> path.toString().endsWith(".part"));
        }
    }

    @Test
    void windowThatBeginsBeforeTheHistoryIsNotCovered() {
        assertThat(rowback("restore", "--from", "2020-01-01T00:00:00Z", "--to", "now"))
                .isEqualTo(12);
        assertThat(err.toString()).contains("the history only at");
    }

    @Test
    void whereTheHistoryBeginsIsToldToWhoAsksForMore() {
        assertThat(rowback("history", "users", "-42", "--from", "lsn:0/1000")).isZero();
        assertThat(rowback("transactions", "--from", "lsn:0/1000")).isZero();
        assertThat(err.toString()).isEmpty();
        assertThat(rowback("history", "users", "-42", "--from", "2020-01-01T00:00:00Z"))
                .isZero();
        assertThat(rowback("transactions", "--from", "lsn:0/900")).isZero();
        assertThat(err).hasToString("""
                note: the history of users begins at 2026-01-01T00:00:00Z, LSN 0/1000; what changed before is not held
                note: the history begins at 2026-01-01T00:00:00Z, LSN 0/1000; what changed before is not held
                """);
    }

    @Test
    void whatBringsBackAMissingParentIsNamed() {
        assertThat(rowback("restore", "--tx", "702", "--table", "lines")).isEqualTo(4);
        assertThat(err.toString())
                .contains("it refers to users -42, which is neither there nor in the plan")
                .contains("hint: --with-parents also brings back");
    }

    @Test
    void conflictIsRefusedSkippedOrOverwritten() {
        assertThat(rowback("restore", "--tx", "701")).isEqualTo(4);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("1 conflict:").contains("hint: --on-conflict skip");
        assertThat(rowback("restore", "--tx", "701", "--on-conflict", "skip")).isEqualTo(3);
        assertThat(rowback("restore", "--tx", "701", "--on-conflict", "overwrite"))
                .isZero();
    }

    @Test
    void planIsADocumentWithWantedDamagedAndNow() {
        assertThat(rowback("restore", "--tx", "701,702", "--json")).isZero();
        assertThat(rowback("restore", "--tx", "704", "--json")).isZero();
        assertThat(rowback("restore", "--at", "tx:703", "--table", "users", "--ops", "insert", "--json"))
                .isZero();
        assertThat(out.toString())
                .contains("\"key\":{\"id\":\"-42\"},\"action\":\"insert\",\"statement\":1,\"causes\":["
                        + "{\"operation\":\"update\",\"xid\":\"701\"},{\"operation\":\"delete\",\"xid\":\"702\"}]")
                .contains("\"key\":{\"user_id\":\"-42\",\"n\":\"a,b\"},\"action\":\"insert\",\"statement\":2,")
                .contains("\"wanted\":{\"name\":\"one\\n\"},\"damaged\":{\"name\":\"uno\"},\"now\":{\"name\":\"uno\"}")
                .contains("\"action\":\"delete\",\"statement\":1,")
                .contains("\"wanted\":null,\"now\":{\"id\":\"7\",");
    }

    @Test
    void windowWithoutEndIsPointedOut() {
        assertThat(rowback("restore", "--from", "tx:702", "--table", "users", "--key-range", "-50..-40"))
                .isZero();
        assertThat(err.toString()).contains("the window has no end");
        assertThat(out.toString()).contains("'test'").doesNotContain("'uno'");
    }

    @Test
    void globalOptionsStandBeforeAndAfterTheCommand() {
        assertThat(run(
                        Map.of(),
                        out,
                        "status",
                        "--json",
                        "--store",
                        folder.resolve("store/app").toString()))
                .isZero();
        assertThat(out.toString()).contains("\"durable\":\"0/1480\"").contains("\"database\":\"app\"");
        assertThat(run(Map.of("ROWBACK_STORE", folder.resolve("store").toString()), out, "tables", "--db", "app"))
                .isZero();
        assertThat(rowback("verify")).isZero();
    }

    @Test
    void aSampleSaysWhatWasNotLookedAtAndIsRepeatedByItsSeed() {
        assertThat(verified()).contains(": all sound").contains("rows were followed");
        String first = verified("--sample", "3");
        assertThat(first).startsWith("sample of ").contains(": all sound").contains("not looked at: all other rows");
        String seed = first.replaceAll("(?s).*--seed (\\d+) .*", "$1");
        assertThat(verified("--sample", "3", "--seed", seed)).isEqualTo(first);
        assertThat(verified("--sample", "3", "--seed", seed, "--json"))
                .contains("\"seed\":\"" + seed + "\"")
                .contains("\"sound\":true");
    }

    private String verified(String... options) {
        StringWriter told = new StringWriter();
        List<String> all = new ArrayList<>(
                List.of("verify", "--store", folder.resolve("store").toString()));
        all.addAll(List.of(options));
        assertThat(run(Map.of(), told, all.toArray(String[]::new))).isZero();
        return told.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "history users 42 --bogus | 2",
                "verify --sample 0 | 2",
                "verify --seed 1 | 2",
                "verify --table users | 2",
                "verify --sample 5 --target postgresql://127.0.0.1/app | 2",
                "verify --copy | 2",
                "history users --bogus | 2",
                "history users x | 2",
                "history users -- -x | 2",
                "history usres 1 | 2",
                "history users 1 --columns nosuch | 2",
                "history lines 1 | 2",
                "show users | 2",
                "show users 1 --where id=1 | 2",
                "show users --where id=1x | 2",
                "show users 1 --at 2026-01-01T00:00:00 | 2",
                "show users 1 --at lsn:FF/0 | 12",
                "show users 1 --at lsn:0/1 | 12",
                "show users --where id=1 --at lsn:0/1 | 12",
                "show users 1 --at 2199-01-01T00:00:00Z | 12",
                "show users 1 --at tx:99 | 12",
                "transactions --op drop | 2",
                "restore | 2",
                "restore --tx 99 | 12",
                "restore --tx 701 --from now | 2",
                "restore --to now | 2",
                "restore --tx 701 --key 1 | 2",
                "restore --tx 701 --related | 2",
                "restore --tx 701 --columns nosuch | 2",
                "restore --tx 701 --ops truncate | 2",
                "restore --from lsn:0/1 --table users | 12",
                "restore --tx 702 --max-rows 1 | 4",
                "bogus | 2",
            })
    void failuresEndWithTheirCodeAndAHint(String arguments, int exitCode) {
        assertThat(rowback(arguments.split(" "))).isEqualTo(exitCode);
        assertThat(err.toString()).contains("error: ").contains("hint: ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void missingStoreHasItsOwnCode() {
        assertThat(run(
                        Map.of(),
                        out,
                        "status",
                        "--store",
                        folder.resolve("nothing").toString()))
                .isEqualTo(10);
        assertThat(run(
                        Map.of(),
                        out,
                        "status",
                        "--config",
                        folder.resolve("nothing.toml").toString()))
                .isEqualTo(2);
    }

    @Test
    void goneReaderOfAPipeIsNoFailure() {
        String store = folder.resolve("store").toString();
        assertThat(run(Map.of(), new UnreadPipe(), "transactions", "--store", store))
                .isZero();
        assertThat(err.toString()).isEmpty();
        assertThat(run(Map.of(), new UnreadPipe(), "restore", "--tx", "702", "--store", store))
                .as("half a plan is none")
                .isEqualTo(1);
        assertThat(err.toString()).contains("error: the plan was not written in whole: Broken pipe");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status",
                "tables",
                "history",
                "show",
                "transactions",
                "sequences",
                "restore",
                "verify",
                "completion"
            })
    void helpHasExamplesAndExitCodes(String command) {
        assertThat(rowback(command, "--help")).isZero();
        assertThat(out.toString()).contains("EXAMPLES").contains("EXIT STATUS").contains("130");
    }

    @Test
    void misspeltCommandIsToldWithTheOneThatIsMeant() {
        assertThat(rowback("--quiet", "statsu", "rows")).isEqualTo(2);
        assertThat(err.toString()).contains("'statsu'").contains("Did you mean status?");
    }

    @Test
    void helpOfTheProgramListsAllCommandsWhateverFollows() {
        assertThat(rowback("--help", "history")).isZero();
        assertThat(out.toString()).contains("\n  status ", "\n  history ", "\n  completion ");
    }

    @Test
    void completionKnowsEveryCommand() {
        assertThat(rowback("completion", "bash")).isZero();
        assertThat(out.toString()).contains("_picocli_rowback_restore", "_picocli_rowback_drill");
    }
}
