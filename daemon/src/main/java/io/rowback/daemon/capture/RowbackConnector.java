package io.rowback.daemon.capture;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/** Debezium's connector with our task. The engine creates it by reflection. */
public final class RowbackConnector extends PostgresConnector {
    @Override
    public Class<? extends Task> taskClass() {
        return RowbackTask.class;
    }
}
