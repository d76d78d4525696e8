package io.rowback.history;

class MemoryHistoryTest extends HistoryContract {
    private final MemoryHistory history = new MemoryHistory();

    @Override
    protected HistoryWriter open() {
        return history;
    }

    @Override
    protected HistoryReader read() {
        return history;
    }
}
