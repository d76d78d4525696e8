package io.rowback.restore;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
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

/** The command line where an operator names a partitioned table. */
final class PartitionsTest {
    private static final TableSchema OLD = partition("m_1", "m");
    private static final TableSchema NEW = TableFixture.table("m_2_a")
            .column("v", "text")
            .column("id", "bigint")
            .key("id")
            .partitionOf("m_2", "m")
            .build();
    private static final TableSchema LATE = partition("m_3", "m");

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /**
     * Transaction 701 moves row 1 to another partition, 702 updates it there and deletes row 3, 703 truncates both
     * partitions; then the first is detached, and 704 and 705 are on it and on a new one.
     */
    @BeforeAll
    static void fillStore() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(OLD, row(OLD, "1", "a"), row(OLD, "3", "c"));
            life.baseline(NEW, row(NEW, "b", "2"));
            life.commit(delete(row(OLD, "1", "a")), insert(row(NEW, "a", "1")));
            life.commit(update(row(NEW, "a", "1"), row(NEW, "A", "1")), delete(row(OLD, "3", "c")));
            life.commit(truncate(OLD), truncate(NEW));
            TableSchema detached = OLD.withPartitionOf(List.of());
            writer.described(detached, life.here());
            life.commit(insert(row(detached, "4", "d")));
            life.baseline(LATE);
            life.commit(insert(row(LATE, "5", "e")));
        }
    }

    private static TableSchema partition(String name, String... partitionOf) {
        return TableFixture.table(name)
                .column("id", "bigint")
                .column("v", "text")
                .key("id")
                .partitionOf(partitionOf)
                .build();
    }

    private int rowback(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--store", folder.toString()));
        all.addAll(List.of(arguments));
        return Main.run(Map.of(), out, new PrintWriter(err, true), all.toArray(String[]::new));
    }

    @Test
    void historyByTheRootFollowsARowThroughItsPartitions() {
        assertThat(rowback("history", "m", "1")).isZero();
        assertThat(out.toString().lines().filter(line -> line.contains("transaction")))
                .extracting(line -> line.replaceFirst(".*transaction ", ""))
                .containsExactly(
                        "701  delete  m_1 1", "701  insert  m_2_a 1", "702  update  m_2_a 1", "703  truncate  m_2_a 1");
        out.getBuffer().setLength(0);
        assertThat(rowback("history", "m", "--where", "v = 'c'")).isZero();
        assertThat(out.toString()).contains("transaction 702  delete  m_1 3").hasLineCount(3);
    }

    @Test
    void rowsOfTheRootAreThoseOfThePartitionsThatItHadThen() {
        assertThat(rowback("show", "m", "--where", "id > 0", "--at", "tx:702")).isZero();
        assertThat(out.toString().lines().filter(line -> line.startsWith("m_")))
                .containsExactly("m_1 3", "m_2_a 1", "m_2_a 2");
        assertThat(err.toString()).contains("known only from later on: m_3");
        out.getBuffer().setLength(0);
        assertThat(rowback("show", "m", "--where", "id > 0")).isZero();
        assertThat(out.toString().lines().filter(line -> line.startsWith("m_")))
                .as("m_1 is none of its partitions any more")
                .containsExactly("m_3 5");
        out.getBuffer().setLength(0);
        assertThat(rowback("show", "M_2", "1", "--at", "tx:703")).isZero();
        assertThat(out).hasToString("m_2_a 1\n    v: 'A'\n    id: '1'\n");
    }

    @Test
    void transactionsOfTheRootAreThoseOfAnyPartition() {
        assertThat(rowback("transactions", "--table", "m", "--op", "insert")).isZero();
        assertThat(out.toString()).contains("transaction 701", "transaction 704", "transaction 705");
    }

    @Test
    void restoreOfTheRootPutsBackRowsOfEveryPartition() {
        assertThat(rowback("restore", "--tx", "703", "--table", "m")).isZero();
        assertThat(out.toString())
                .contains("-- m_2_a 1: truncated by transaction 703 at ")
                .contains("-- m_2_a 2: truncated by transaction 703 at ");
        out.getBuffer().setLength(0);
        assertThat(rowback("restore", "--tx", "702,703", "--table", "m", "--where", "v in ('c', 'b')"))
                .isZero();
        assertThat(out.toString())
                .contains("-- m_1 3: deleted")
                .contains("-- m_2_a 2:")
                .doesNotContain("m_2_a 1");
    }

    @Test
    void aMoveIsUndoneInBothPartitionsOrNotAtAll() {
        assertThat(rowback("restore", "--tx", "701")).isEqualTo(4);
        assertThat(err.toString()).contains("m_1 1: somebody deleted it since, or moved it on");
        assertThat(rowback("restore", "--tx", "701,702,703", "--table", "m_1")).isEqualTo(4);
        assertThat(err.toString())
                .contains("m_1 1: it seems to have been moved to partition m_2_a, where its key is 1; that is undone"
                        + " for both of them")
                .doesNotContain("--with-parents");
        assertThat(out.toString()).isEmpty();
        assertThat(rowback("restore", "--from", "tx:701", "--to", "tx:704")).isZero();
        assertThat(out.toString()).contains("-- m_1 1: deleted").contains("INSERT INTO public.m_1");
    }
}
