package io.rowback.restore;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.NotCovered;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line on a table without a key. */
final class KeylessRowsTest {
    private static final TableSchema LOGINS = TableFixture.table("logins")
            .column("user_id", "bigint")
            .column("method", "text")
            .key()
            .build();
    private static final RowImage SMS = row(LOGINS, "1", "sms");
    private static final String FINGERPRINT = String.valueOf(SMS.key());

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Three equal rows; transaction 701 deletes one, 702 changes another row and back, 703 adds one, 704 empties the table. */
    @BeforeAll
    static void fillStore() {
        RowImage seven = row(LOGINS, "7", null);
        RowImage mail = row(LOGINS, "7", "mail");
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(LOGINS, SMS, SMS, seven, SMS);
            life.commit(delete(SMS));
            life.commit(update(seven, mail), update(mail, seven));
            life.commit(insert(row(LOGINS, "8", null)));
            life.commit(truncate(LOGINS));
            writer.notCovered(List.of(
                    new NotCovered(LOGINS.name(), "its baseline failed: no form in UTF-8", null),
                    new NotCovered(new TableName("public", "unread"), "not in publication", "ALTER PUBLICATION;")));
        }
    }

    private int rowback(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--store", folder.toString()));
        all.addAll(List.of(arguments));
        return Main.run(Map.of(), out, new PrintWriter(err, true), all.toArray(String[]::new));
    }

    @Test
    void equalRowsAreShownOnceWithTheirCount() {
        assertThat(rowback("show", "logins", "--where", "user_id < 8", "--at", "tx:704"))
                .isZero();
        assertThat(out.toString())
                .contains("logins " + FINGERPRINT + "  2 equal rows\n    user_id: '1'\n    method: 'sms'\n")
                .contains("\n    user_id: '7'\n    method: NULL\n")
                .hasLineCount(6);
    }

    @Test
    void aRowIsNamedByItsFingerprint() {
        assertThat(rowback("show", "logins", FINGERPRINT, "--at", "tx:701", "--json"))
                .isZero();
        assertThat(rowback("show", "logins", FINGERPRINT)).isZero();
        assertThat(out)
                .hasToString("{\"schema\":\"public\",\"table\":\"logins\",\"key\":{\"fingerprint\":\"" + FINGERPRINT
                        + "\"},\"lsn\":\"0/1100\",\"row\":{\"user_id\":\"1\",\"method\":\"sms\"},\"count\":3}\n"
                        + "logins " + FINGERPRINT + " did not exist\n");
        assertThat(rowback("show", "logins", "1")).isEqualTo(2);
        assertThat(err.toString()).contains("table logins has no key").contains("--where");
    }

    @Test
    void historyIsFoundByValuesAndTellsTheRowsThatATruncateTook() {
        assertThat(rowback("history", "logins", "--where", "method = 'mail'")).isZero();
        assertThat(out.toString().lines().filter(line -> line.contains("transaction")))
                .hasSize(2)
                .allMatch(line -> line.contains("transaction 702  update  logins "));
        assertThat(out.toString()).contains("method: NULL -> 'mail'").contains("method: 'mail' -> NULL");
        out.getBuffer().setLength(0);
        assertThat(rowback("history", "logins", "--where", "user_id = 1")).isZero();
        assertThat(out.toString())
                .contains("transaction 701  delete  logins " + FINGERPRINT)
                .contains("transaction 704  truncate  logins " + FINGERPRINT);
        assertThat(rowback("history", "logins")).isEqualTo(2);
    }

    @Test
    void restorePutsBackAsManyEqualRowsAsWereLost() {
        assertThat(rowback("restore", "--tx", "704")).isZero();
        assertThat(err.toString()).contains("logins: rows to insert: 4");
        assertThat(out.toString())
                .contains("LOCK TABLE ONLY public.logins IN SHARE ROW EXCLUSIVE MODE")
                .contains("(2, '" + FINGERPRINT + "', 0, 2, 0, 2, 0, '1', 'sms')");
        assertThat(rowback("restore", "--tx", "701")).isEqualTo(4);
        assertThat(err.toString()).contains("logins " + FINGERPRINT + ": somebody changed such rows since");
        assertThat(rowback("restore", "--tx", "703")).isZero();
        assertThat(err.toString()).contains("logins: 1 rows that the scope inserted stay");
    }

    @Test
    void tablesAndTransactionsTellOfIt() {
        assertThat(rowback("tables")).isZero();
        assertThat(out.toString())
                .startsWith("logins  no key  replica identity full")
                .contains("    not covered: its baseline failed: no form in UTF-8\n")
                .contains("unread\n    not covered: not in publication; to mend it: ALTER PUBLICATION;\n");
        assertThat(rowback("transactions", "--table", "logins", "--op", "truncate"))
                .isZero();
        assertThat(out.toString()).contains("transaction 704");
    }
}
