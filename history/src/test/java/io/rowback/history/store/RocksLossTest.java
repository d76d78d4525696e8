package io.rowback.history.store;

import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import io.rowback.history.LossContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksLossTest extends LossContract {
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
}
