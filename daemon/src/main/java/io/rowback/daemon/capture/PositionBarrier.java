package io.rowback.daemon.capture;

import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.rowback.history.Lsn;
import java.util.List;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Where Debezium waits for the history: a position counts as processed once everything below it is durable.
 */
final class PositionBarrier implements DebeziumEngine.ChangeConsumer<RecordChangeEvent<SourceRecord>> {
    private final Recorder recorder;

    PositionBarrier(Recorder recorder) {
        this.recorder = recorder;
    }

    @Override
    public void handleBatch(
            List<RecordChangeEvent<SourceRecord>> batch,
            DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        try {
            // Positions only rise, so the last one stands for all.
            RecordChangeEvent<SourceRecord> last = batch.get(batch.size() - 1);
            Struct source = ((Struct) last.record().value()).getStruct("source");
            recorder.awaitDurable(new Lsn(source.getInt64("lsn")));
            committer.markProcessed(last);
            committer.markBatchFinished();
        } catch (RetriableException e) {
            // The engine would drop the batch and go on.
            throw new IllegalStateException("a position could not be processed", e);
        }
    }
}
