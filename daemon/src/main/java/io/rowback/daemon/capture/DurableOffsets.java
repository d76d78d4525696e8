package io.rowback.daemon.capture;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The offsets that Debezium starts from and acknowledges: always the history's durable position, whatever it wants to
 * store. So the slot cannot pass what a synced write holds.
 *
 * <p>Key {@code lsn_proc} is left out on purpose. With it Debezium 3.6 searches the stream for the place where it
 * stopped, and loses rows where LSNs are equal; without it the server sends every transaction that committed at or
 * above {@code lsn}, each as a whole.
 */
public final class DurableOffsets implements OffsetBackingStore {
    private @Nullable CaptureSession session;

    @Override
    public void configure(WorkerConfig config) {
        session = CaptureSession.of(String.valueOf(config.originalsStrings().get("name")));
    }

    @Override
    public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
        if (session == null) {
            throw new IllegalStateException("not configured");
        }
        long durable = session.recorder().durable().value();
        String offset = "{\"lsn\":%d,\"lsn_commit\":%d}".formatted(durable, durable);
        Map<ByteBuffer, ByteBuffer> offsets = new HashMap<>();
        keys.forEach(key -> offsets.put(key, ByteBuffer.wrap(offset.getBytes(StandardCharsets.UTF_8))));
        return CompletableFuture.completedFuture(offsets);
    }

    @Override
    public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, @Nullable Callback<Void> callback) {
        if (callback != null) {
            callback.onCompletion(null, null);
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connectorName) {
        return Set.of();
    }

    @Override
    public void start() {
        // The session is open as long as the engine runs.
    }

    @Override
    public void stop() {
        // The session is closed by the one who opened it.
    }
}
