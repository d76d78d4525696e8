package io.rowback.history.store;

import io.rowback.history.HistoryContract;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import java.nio.file.Path;
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
        return RocksHistoryReader.openForFewRows(directory);
    }
}
