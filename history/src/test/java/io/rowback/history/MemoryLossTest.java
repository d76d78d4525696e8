package io.rowback.history;

class MemoryLossTest extends LossContract {
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
