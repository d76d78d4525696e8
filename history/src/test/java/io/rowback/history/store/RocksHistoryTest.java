package io.rowback.history.store;

import io.rowback.history.HistoryContract;
import io.rowback.history.HistoryReader;
import io.rowback.history.HistoryWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksHistoryTest extends HistoryContract {
    @TempDir
    private Path directory;

    @Override
    protected HistoryWriter open() {
        return RocksHistoryWriter.open(directory, 100);
    }

    @Override
    protected HistoryReader read() {
        return RocksHistoryReader.open(directory);
    }
}
