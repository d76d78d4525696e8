package io.rowback.daemon.capture;

import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import java.sql.SQLException;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Debezium's task with our replication connection. The engine creates it by reflection. */
public final class RowbackTask extends PostgresConnectorTask {
    private volatile @Nullable CaptureSession session;

    @Override
    protected ReplicationConnection buildReplicationConnection(
            PostgresConnection jdbcConnection, PostgresSchema schema, PostgresConnectorConfig config)
            throws SQLException {
        CaptureSession found = CaptureSession.of(config.getLogicalName());
        session = found;
        return new SlotConnection(found);
    }

    @Override
    public List<SourceRecord> doPoll() throws InterruptedException {
        CaptureSession polled = session;
        if (polled != null) {
            polled.polling().countDown();
        }
        return super.doPoll();
    }
}
