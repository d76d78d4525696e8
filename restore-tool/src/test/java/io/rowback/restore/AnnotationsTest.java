package io.rowback.restore;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.HistoryFixture;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shown of annotations, whatever somebody wrote into them. */
final class AnnotationsTest {
    private static final TableSchema USERS =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private static final String ALICE =
            "{\"user\": \"alice\", \"application\": \"psql\", \"client\": \"10.0.0.1\", \"sql\": \"insert into users\"}";
    private static final String FORGED = "x\n2026-01-01T00:00:09Z  transaction 9  \u001b[2J\u202e delete  users 1";
    private static final String FORGED_JSON =
            "{\"user\": \"b\\nob', application 'none\", \"a\\u001b\\n\": [\"\\u2028\"], \"sql\": \""
                    + "x".repeat(50_000) + "\"}";

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();

    @BeforeAll
    static void fillStore() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder.resolve("store"))) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(USERS, row(USERS, "1"));
            life.commit(List.of(ALICE), insert(row(USERS, "2")));
            life.commit(List.of("by hand", FORGED, FORGED_JSON), insert(row(USERS, "3")));
            life.commit(Collections.nCopies(500, "often"), insert(row(USERS, "4")));
            life.commit(List.of("{\"user\": \"alice\", \"application\": \"cron\"}"), insert(row(USERS, "5")));
            life.commit(update(row(USERS, "5"), row(USERS, "5")));
            life.commit(List.of(ddl("ALTER TABLE", USERS.id().toString()), ddl("ALTER TYPE", "1"), "by hand"));
            life.commit(List.of(ddl("DROP\nTABLE", "9999999999"), ddl("DROP TABLE", "x"), "{\"ddl\": \"DROP TABLE\"}"));
            life.commit(insert(row(USERS, "6")));
        }
    }

    private static String ddl(String command, String table) {
        return "{\"ddl\": \"" + command.replace("\n", "\\n") + "\", \"table\": \"" + table + "\"}";
    }

    private String rowback(String... arguments) {
        List<String> all =
                new ArrayList<>(List.of("--store", folder.resolve("store").toString()));
        all.addAll(List.of(arguments));
        StringWriter err = new StringWriter();
        out.getBuffer().setLength(0);
        assertThat(Main.run(Map.of(), out, new PrintWriter(err, true), all.toArray(String[]::new)))
                .as(err.toString())
                .isZero();
        return out.toString();
    }

    @Test
    void fieldsOfAJsonObjectAreToldByName() {
        String line = "    note: user 'alice', application 'psql', client '10.0.0.1', sql 'insert into users'\n";

        assertThat(rowback("history", "users", "2", "--to", "tx:706"))
                .endsWith("  insert  users 2\n    id: '2'\n" + line);
        assertThat(rowback("transactions", "--to", "tx:702")).endsWith("    users: 1 insert\n" + line);
    }

    @Test
    void noAnnotationLooksLikeAnythingElse() {
        for (String[] command : new String[][] {{"history", "users", "3"}, {"transactions", "--from", "tx:702"}}) {
            List<String> lines = rowback(command).lines().limit(5).toList();

            assertThat(lines.get(2)).isEqualTo("    note: by hand");
            assertThat(lines.get(3))
                    .isEqualTo("    note: x\\n2026-01-01T00:00:09Z  transaction 9  \\u001b[2J\\u202e delete  users 1");
            assertThat(lines.get(4))
                    .startsWith("    note: user 'b\\nob', application 'none', a\\u001b\\n '[\"\\u2028\"]', sql 'xxx")
                    .endsWith("x...' (50000 characters)")
                    .hasSizeLessThan(500);
        }
    }

    @Test
    void programsGetEachAnnotationAsItIsAndByItsFields() throws IOException {
        for (String[] command :
                new String[][] {{"--json", "history", "users", "3"}, {"--json", "transactions", "--from", "tx:702"}}) {
            JsonNode document = new ObjectMapper()
                    .readTree(rowback(command).lines().findFirst().orElseThrow());

            assertThat(document.get("annotations"))
                    .extracting(JsonNode::textValue)
                    .containsExactly("by hand", FORGED, FORGED_JSON);
            assertThat(document.at("/notes/0/text").textValue()).isEqualTo("by hand");
            assertThat(document.at("/notes/1/text").textValue()).isEqualTo(FORGED);
            assertThat(document.at("/notes/2/user").textValue()).isEqualTo("b\nob', application 'none");
            assertThat(document.at("/notes/2/sql").textValue()).hasSize(50_000);
        }
    }

    @Test
    void ddlIsToldAmongTheChangesOfItsTable() {
        String oid = USERS.id().toString();
        assertThat(rowback("history", "users", "6")).isEqualTo("""
                2026-01-01T00:00:06Z  transaction 706  ALTER TABLE  users
                    note: ddl 'ALTER TABLE', table 'OID'
                2026-01-01T00:00:08Z  transaction 708  insert  users 6
                    id: '6'
                """.replace("OID", oid));
        assertThat(rowback("--json", "history", "users", "6", "--to", "tx:708"))
                .contains("\"xid\":\"706\"", "\"operation\":\"ddl\"", "\"command\":\"ALTER TABLE\"")
                .hasLineCount(1);
        assertThat(rowback("history", "users", "6", "--columns", "id")).doesNotContain("ALTER");
        assertThat(rowback("transactions", "--table", "users", "--from", "tx:706"))
                .contains("transaction 706", "transaction 708")
                .doesNotContain("transaction 707");
    }

    @Test
    void manyAnnotationsAreCountedRatherThanListed() {
        assertThat(rowback("history", "users", "4", "--to", "tx:706"))
                .containsOnlyOnce("    note: 490 more annotations; --json shows all\n")
                .satisfies(text -> assertThat(text.lines()).hasSize(13));
    }

    @Test
    void transactionsAreFoundByUserAndApplication() {
        assertThat(rowback("transactions", "--user", "alice", "--json").lines()).hasSize(2);
        assertThat(rowback("transactions", "--user", "alice", "--application", "cron", "--json")
                        .lines())
                .singleElement()
                .asString()
                .contains("\"xid\":\"704\"");
        assertThat(rowback("transactions", "--application", "none")).isEmpty();
    }
}
