package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.RowbackException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionSettingsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://al%40ice:s%25e+t@db.example:5433/my%20db?sslmode=verify-full&connect_timeout=3",
                "jdbc:postgresql://db.example:5433/my%20db?user=al%40ice&password=s%25e+t&sslmode=verify-full&connectTimeout=3"
            })
    void bothFormsOfUrlMeanTheSame(String url) {
        assertThat(ConnectionSettings.parse(url))
                .isEqualTo(new ConnectionSettings(
                        "db.example",
                        5433,
                        "my db",
                        "al@ice",
                        "s%e+t",
                        Map.of("sslmode", "verify-full", "connectTimeout", "3")));
    }

    @Test
    void defaultsArePostgresOwn() {
        ConnectionSettings settings = ConnectionSettings.parse("postgres://bob@[::1]");

        assertThat(settings).isEqualTo(new ConnectionSettings("::1", 5432, "bob", "bob", null, Map.of()));
        assertThat(settings.jdbcUrl()).isEqualTo("jdbc:postgresql://[::1]:5432/bob");
    }

    @Test
    void passwordIsNeverShown() {
        ConnectionSettings settings = ConnectionSettings.parse("postgresql://bob:hidden@h/db");

        assertThat(settings.toString()).isEqualTo("bob@h:5432/db");
        assertThat(settings.jdbcUrl()).doesNotContain("hidden");
        assertThatThrownBy(() -> ConnectionSettings.parse("postgresql://bob:hid den@h/db"))
                .isInstanceOf(RowbackException.class)
                .hasMessageNotContaining("den")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql://a@b/c", "postgresql:///db", "postgresql://a@h1,h2/db", "postgresql://h/db", "x"})
    void whatCannotBeUsedIsRefused(String url) {
        assertThatThrownBy(() -> ConnectionSettings.parse(url)).isInstanceOf(RowbackException.class);
    }

    @Test
    void unknownParameterIsRefused() {
        assertThatThrownBy(() -> ConnectionSettings.parse("postgresql://a@h/db?options=-csearch_path%3Dx"))
                .isInstanceOf(RowbackException.class)
                .hasMessageContaining("options");
    }
}
