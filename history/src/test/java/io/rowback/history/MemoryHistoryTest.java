package io.rowback.history;

class MemoryHistoryTest extends HistoryContract {
    private final MemoryHistory memory = new MemoryHistory();

    @Override
    protected HistoryWriter open() {
        return memory;
    }

    @Override
    protected HistoryReader read() {
        return memory;
    }
}
