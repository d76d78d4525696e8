package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionSettingsTest {
    @TempDir
    Path folder;

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
    void whatTheUrlDoesNotSayComesFromTheServiceFile() throws IOException {
        Path file = Files.writeString(folder.resolve("services"), """
                [other]
                host=wrong
                [app]
                host=db1
                port=5433
                dbname=shop
                user=rowback
                password=se=cret
                sslmode=verify-full
                sslrootcert=/etc/ca.crt
                application_name=mine
                options=-csearch_path=x
                """);
        Map<String, String> environment = Map.of("PGSERVICEFILE", file.toString());
        Map<String, String> tls = Map.of("sslmode", "verify-full", "sslrootcert", "/etc/ca.crt");

        assertThat(List.of(
                        "postgresql://?service=app", "postgresql:///?service=app", "jdbc:postgresql:///?service=app"))
                .allSatisfy(url -> assertThat(ConnectionSettings.parse(url, environment))
                        .isEqualTo(new ConnectionSettings("db1", 5433, "shop", "rowback", "se=cret", tls)));
        assertThat(ConnectionSettings.parse("postgresql://bob:p@h:1/d?service=app&sslmode=disable", environment))
                .isEqualTo(new ConnectionSettings(
                        "h", 1, "d", "bob", "p", Map.of("sslmode", "disable", "sslrootcert", "/etc/ca.crt")));
        assertThatThrownBy(() -> ConnectionSettings.parse("postgresql://?service=none", environment))
                .hasMessage("there is no service none");
        Files.move(file, folder.resolve("pg_service.conf"));
        assertThat(ConnectionSettings.parse("postgresql://?service=app", Map.of("PGSYSCONFDIR", folder.toString()))
                        .host())
                .isEqualTo("db1");
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
    @ValueSource(
            strings = {
                "mysql://a@b/c",
                "postgresql:///db",
                "postgresql://?sslmode=require",
                "postgresql://a@h1,h2/db",
                "postgresql://h/db",
                "x"
            })
    void whatCannotBeUsedIsRefused(String url) {
        assertThatThrownBy(() -> ConnectionSettings.parse(url)).isInstanceOf(RowbackException.class);
    }

    @Test
    void unknownParameterIsRefused() {
        assertThatThrownBy(() -> ConnectionSettings.parse("postgresql://a@h/db?options=-csearch_path%3Dx"))
                .isInstanceOf(RowbackException.class)
                .hasMessageContaining("options");
    }

    @ParameterizedTest
    @CsvSource({
        "sslmode=bogus, 'disable, allow, prefer, require, verify-ca, verify-full'",
        "sslmode=Require, 'disable, allow, prefer, require, verify-ca, verify-full'",
        "sslnegotiation=indirect, 'postgres, direct'",
        "channel_binding=yes, 'disable, prefer, require'",
    })
    void wordThatAParameterDoesNotTakeIsRefusedWithThoseThatItTakes(String parameter, String words) {
        String[] parts = parameter.split("=", -1);
        assertThatThrownBy(() -> ConnectionSettings.parse("postgresql://a@h/db?" + parameter))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage("unknown " + parts[0] + " in a database's url: " + parts[1]))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Known are: " + words + "."));
    }

    @ParameterizedTest
    @CsvSource({
        "sslmode=require&sslrootcert=/ca.crt, verify-ca",
        "sslrootcert=/ca.crt&sslmode=require, verify-ca",
        "sslrootcert=/ca.crt&sslmode=verify-full, verify-full",
        "sslrootcert=/ca.crt&sslmode=prefer, prefer",
        "sslmode=require, require",
    })
    void encryptionWithANamedAuthorityIsVerifiedAsLibpqDoes(String parameters, String mode) {
        assertThat(ConnectionSettings.parse("postgresql://a@h/db?" + parameters).driverProperties())
                .containsEntry("sslmode", mode);
    }
}
