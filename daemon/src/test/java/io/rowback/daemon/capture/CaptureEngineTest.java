package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.postgres.ConnectionSettings;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

final class CaptureEngineTest {
    @Test
    void debeziumConnectsAsTheUrlSays() {
        Properties properties = new Properties();
        CaptureEngine.connect(
                properties,
                ConnectionSettings.parse("postgresql://alice:secret@db1:5433/app?sslmode=verify-full"
                        + "&sslrootcert=/ca.crt&sslcert=/a.crt&sslkey=/a.key&channel_binding=require"));
        assertThat(properties.remove("driver.options"))
                .asString()
                .contains("idle_session_timeout=0", "statement_timeout=0", "idle_in_transaction_session_timeout=0");
        assertThat(properties)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "database.hostname", "db1",
                        "database.port", "5433",
                        "database.dbname", "app",
                        "database.user", "alice",
                        "database.password", "secret",
                        "driver.sslmode", "verify-full",
                        "driver.sslrootcert", "/ca.crt",
                        "driver.sslcert", "/a.crt",
                        "driver.sslkey", "/a.key",
                        "driver.channelBinding", "require"));
    }
}
