package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
    @TempDir
    Path folder;

    @Test
    void everythingButTheUrlHasADefault() throws IOException {
        Config config = read("[databases.app]\nurl = 'postgresql://rowback@h/app'\n", Map.of());

        Config.Database app = config.database(null);
        assertThat(app.publication()).isEqualTo("rowback");
        assertThat(app.slot()).isEqualTo("rowback_app");
        assertThat(app.wants(new TableName("any", "table"))).isTrue();
        assertThat(config.store("app")).isEqualTo(Path.of("/var/lib/rowback/app"));
        assertThat(config.httpListen()).isEqualTo("127.0.0.1:9187");
    }

    @Test
    void sizesAreWrittenAsTheServerWritesThem() throws IOException {
        String url = "[databases.app]\nurl = 'postgresql://rowback@h/app'\n";
        assertThat(read(url, Map.of()).database("app").walLimit()).isZero();
        assertThat(read(url, Map.of()).database("app").walWarn()).isEqualTo(10L << 30);
        assertThat(read(url + "wal_limit = '50GB'\n", Map.of("ROWBACK_DATABASES_APP_WAL_WARN", "16 MB"))
                        .database("app"))
                .satisfies(app -> assertThat(app.walLimit()).isEqualTo(50L << 30))
                .satisfies(app -> assertThat(app.walWarn()).isEqualTo(16L << 20));
        assertThatThrownBy(() -> read(url + "wal_limit = '-1'\n", Map.of()))
                .hasMessage("databases.app.wal_limit is not a size: -1");
    }

    @Test
    void slotNameThatTheServerWouldRefuseIsRefused() {
        assertThatThrownBy(() -> read("[databases.app]\nurl = 'postgresql://a@h/d'\nslot = 'My-Slot'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage("not a name for a replication slot: My-Slot"));
    }

    @Test
    void databasesOfOneServerThatShareASlotAreRefused() throws IOException {
        String two = """
                [databases.one]
                url = "postgresql://a@h/one"
                slot = "s"
                [databases.two]
                url = "postgresql://b@%s/two"
                slot = "s"
                """;
        assertThat(read(two.formatted("h:5433"), Map.of()).databases()).hasSize(2);
        assertThatThrownBy(() -> read(two.formatted("h:5432"), Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage("databases one and two share the slot s at h:5432"))
                .satisfies(e -> assertThat(e.hint()).contains("leave databases.two.slot out"));
    }

    @Test
    void environmentWinsOverTheFile() throws IOException {
        Config config = read(
                """
                [databases.my_app]
                url = "postgresql://rowback@h/app"
                include = ["app.*", "public.user*"]
                exclude = ["app.log"]
                [store]
                dir = "/from/file"
                """,
                Map.of(
                        "ROWBACK_STORE_DIR", "/from/environment",
                        "ROWBACK_DATABASES_MY_APP_SLOT", "other",
                        "ROWBACK_DATABASES_MY_APP_PASSWORD", "a,b",
                        "ROWBACK_DATABASES_MY_APP_EXCLUDE", "app.audit,app.trail"));

        Config.Database app = config.database("my_app");
        assertThat(config.storeDir()).isEqualTo(Path.of("/from/environment"));
        assertThat(app.slot()).isEqualTo("other");
        assertThat(app.connection().password()).isEqualTo("a,b");
        assertThat(app.wants(new TableName("app", "log"))).isTrue();
        assertThat(app.wants(new TableName("app", "audit"))).isFalse();
        assertThat(app.wants(new TableName("public", "users"))).isTrue();
        assertThat(app.wants(new TableName("public", "orders"))).isFalse();
    }

    @Test
    void databaseCanComeFromTheEnvironmentAlone() {
        Config config = ConfigReader.read(null, Map.of("ROWBACK_DATABASES_APP_URL", "postgresql://rowback@h/app"));

        assertThat(config.database("app").connection().host()).isEqualTo("h");
    }

    @Test
    void passwordComesFromASystemdCredential() throws IOException {
        Files.writeString(folder.resolve("app.password"), "secret\n");

        Config config = ConfigReader.read(
                null,
                Map.of(
                        "ROWBACK_DATABASES_APP_URL",
                        "postgresql://rowback@h/app",
                        "CREDENTIALS_DIRECTORY",
                        folder.toString()));

        assertThat(config.database("app").connection().password()).isEqualTo("secret");
    }

    @Test
    void misspeltKeyIsRefusedWithTheNearestKnownOne() {
        assertThatThrownBy(() -> read("[databases.app]\nurl = 'postgresql://a@h/d'\npublicaton = 'x'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean databases.app.publication?"));
        assertThatThrownBy(() -> read("[store]\ndri = 'x'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean store.dir?"));
    }

    @Test
    void misspeltVariableIsRefusedButOthersAreNoneOfOurBusiness() {
        assertThatThrownBy(() -> ConfigReader.read(
                        null, Map.of("ROWBACK_DATABASES_APP_URI", "postgresql://a@h/d", "ROWBACK_JAVA_OPTS", "-Xmx1g")))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean ROWBACK_DATABASES_APP_URL?"));
    }

    @Test
    void passwordInTheFileIsRefused() {
        assertThatThrownBy(() -> read("[databases.app]\nurl = 'postgresql://a@h/d'\npassword = 'x'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).contains("~/.pgpass"));
    }

    @Test
    void severalDatabasesMustBeNamed() {
        Config config = ConfigReader.read(
                null,
                Map.of(
                        "ROWBACK_DATABASES_A_URL",
                        "postgresql://r@h/a",
                        "ROWBACK_DATABASES_B_URL",
                        "postgresql://r@h/b"));

        assertThatThrownBy(() -> config.database(null))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).contains("a, b"));
    }

    private Config read(String toml, Map<String, String> environment) throws IOException {
        return ConfigReader.read(Files.writeString(folder.resolve("rowback.toml"), toml), environment);
    }
}
