package io.rowback.restore;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.TableFixture;
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

/** The command line where a table is not, or no longer, what a key and a name fit. */
final class TableChangesTest {
    private static final TableSchema BEFORE = users("id");
    private static final TableSchema AFTER = users("id", "tenant");
    private static final TableSchema DROPPED = TableFixture.table("odd\u001b[2J\nname")
            .column("id", "bigint")
            .key("id")
            .build();
    private static final TableSchema KEYED = TableFixture.table("p_1")
            .column("id", "bigint")
            .key("id")
            .partitionOf("p")
            .build();
    private static final TableSchema KEYLESS = TableFixture.table("p_2")
            .column("id", "bigint")
            .key()
            .partitionOf("p")
            .build();

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Transaction 701 inserts a row into each partition of p; then users gets another key and a table is dropped. */
    @BeforeAll
    static void fillStore() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(BEFORE, row(BEFORE, "1", "a"));
            life.baseline(DROPPED);
            life.baseline(KEYED);
            life.baseline(KEYLESS);
            life.commit(insert(row(KEYED, "1")), insert(row(KEYLESS, "1")));
            life.commit();
            life.baseline(AFTER, row(AFTER, "1", "a"));
            writer.uncovered(DROPPED.id(), life.here());
            life.commit();
            life.commit();
        }
    }

    private static TableSchema users(String... key) {
        return TableFixture.table("users")
                .column("id", "bigint")
                .column("tenant", "text")
                .key(key)
                .build();
    }

    private int rowback(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--store", folder.toString()));
        all.addAll(List.of(arguments));
        return Main.run(Map.of(), out, new PrintWriter(err, true), all.toArray(String[]::new));
    }

    @Test
    void aRowThatWasNotThereIsNamedByTheKeyOfThen() {
        assertThat(rowback("show", "users", "42", "--at", "tx:702")).isZero();
        assertThat(rowback("show", "users", "42", "--at", "tx:702", "--json")).isZero();
        assertThat(out.toString()).startsWith("users 42 did not exist\n").contains("\"key\":{\"id\":\"42\"}");
    }

    @Test
    void whetherARowOfADroppedTableIsThereIsNotClaimed() {
        assertThat(rowback("history", "odd\u001b[2J\nname", "7")).isZero();
        assertThat(err.toString())
                .contains("odd\\u001b[2J\\nname 7", "is not known")
                .doesNotContain("\u001b", "no row of that key")
                .hasLineCount(1);
    }

    @Test
    void namesAreEscapedInErrorsToo() {
        assertThat(rowback("show", "odd\u001b[2J\nname", "7")).isEqualTo(12);
        assertThat(err.toString()).contains("error: table odd\\u001b[2J").doesNotContain("\u001b");
    }

    @Test
    void aKeyIsLookedForInThePartitionsThatHaveOne() {
        assertThat(rowback("history", "p", "1")).isZero();
        assertThat(rowback("show", "p", "1")).isZero();
        assertThat(out.toString()).contains("insert  p_1 1").endsWith("p_1 1\n    id: '1'\n");
        assertThat(err.toString()).hasLineCount(2).contains("partition p_2 has no key and is left out");
    }

    @Test
    void aRowThatNoPartitionHasIsNamedByTheRoot() {
        assertThat(rowback("show", "p", "9")).isZero();
        assertThat(rowback("show", "p", "9", "--json")).isZero();
        assertThat(out.toString()).startsWith("p 9 did not exist\n").contains("\"table\":\"p\"");
    }
}
