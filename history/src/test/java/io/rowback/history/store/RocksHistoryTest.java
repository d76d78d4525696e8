package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryContract;
import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import io.rowback.history.HistoryWriter.Batch;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksHistoryTest extends HistoryContract {
    private static final int SMALL_EPOCHS = 100;

    @TempDir
    private Path directory;

    @Override
    protected HistoryWriter open() {
        return RocksHistoryWriter.open(directory, SMALL_EPOCHS);
    }

    @Override
    protected HistoryReader read() {
        return RocksHistoryReader.open(directory);
    }

    @Test
    void aWriterThatStartsTakesAwayAPartOfATransactionWithItsIndexEntries(@TempDir Path folder) {
        TableSchema nodes = TableFixture.table("nodes")
                .column("id", "bigint")
                .column("parent", "bigint")
                .key("id")
                .foreignKey("parent", TableFixture.table("nodes").key("id").build(), ForeignKey.Action.CASCADE)
                .build();
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, SMALL_EPOCHS)) {
            new HistoryFixture(writer).commit(insert(row(nodes, "1", "1")));
            Position position = new Position(new Lsn(0x2000), 0);
            Change part = new Change(position, Operation.INSERT, nodes, null, row(nodes, "2", "1"));
            writer.append(new Batch(List.of(part), List.of(), null));
        }
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, SMALL_EPOCHS)) {
            writer.append(new Batch(List.of(), List.of(), new Lsn(0x3000)));
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            Verification verification = reader.verify((family, entries) -> {});
            assertThat(verification.findings()).isEmpty();
            assertThat(verification.changes()).isEqualTo(1);
        }
    }
}
