package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryContract;
import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import io.rowback.history.RowKey;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reader that was opened for few rows answers whatever it is asked as others do. */
class FewRowsReaderTest extends HistoryContract {
    private static final int SMALL_EPOCHS = 100;

    @TempDir
    private Path directory;

    @Override
    protected HistoryWriter open() {
        return RocksHistoryWriter.open(directory, SMALL_EPOCHS);
    }

    @Override
    protected HistoryReader read() {
        return RocksHistoryReader.open(directory, Questions.FEW_ROWS);
    }

    @Test
    void cursorThatWalksWithWhatAnotherLeftEndsWhereItsOwnRangeDoes(@TempDir Path folder, @TempDir Path scratch)
            throws Exception {
        TableSchema users =
                TableFixture.table("users").column("id", "bigint").key("id").build();
        byte[] one = Keys.row(1, users.id(), KeyCodec.encode(RowKey.of("1")));
        byte[] two = Keys.row(1, users.id(), KeyCodec.encode(RowKey.of("2")));
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            new HistoryFixture(writer).commit(insert(row(users, "1")), insert(row(users, "2")));
            try (Database database = Database.openSecondary(folder, scratch, Questions.FEW_ROWS)) {
                database.cursor(Family.ROWS, one, Keys.after(two)).close();
                try (Cursor cursor = database.cursor(Family.ROWS, one, two)) {
                    assertThat(cursor.next()).isTrue();
                    assertThat(cursor.next()).isFalse();
                }
            }
        }
    }
}
