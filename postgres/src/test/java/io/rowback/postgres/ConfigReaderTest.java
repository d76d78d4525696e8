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
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertThat(config.http().listen()).isEqualTo("127.0.0.1:9187");
    }

    @ParameterizedTest
    @CsvSource({"store.dir, dir", "http.token_file, token_file", "http.certificate, certificate", "http.key, key"})
    void placeThatEachWorkingDirectoryWouldMoveIsRefused(String key, String name) {
        String table = key.replace("." + name, "");
        assertThatThrownBy(() -> read(
                        "[databases.app]\nurl = 'postgresql://rowback@h/app'\n[" + table + "]\n" + name + " = 'here'\n",
                        Map.of()))
                .hasMessage(key + " is here, another place in each working directory");
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "50            | has no unit: 50",
                "50mb          | has the unknown unit mb: 50mb",
                "1.5GB         | is not a size: 1.5GB",
                "99999999999TB | is too large: 99999999999TB",
            })
    void sizeWithoutAKnownUnitIsRefused(String size, String problem) {
        assertThatThrownBy(() -> Quantity.bytes("store.size", size))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage("store.size " + problem));
    }

    @Test
    void spansOfTimeHaveUnitsToo() {
        assertThat(Quantity.time("k", "30d")).isEqualTo(Duration.ofDays(30));
        assertThat(Quantity.time("k", "90 min")).isEqualTo(Duration.ofMinutes(90));
        assertThat(Quantity.time("k", "0")).isZero();
        assertThatThrownBy(() -> Quantity.time("k", "3m"))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e).hasMessage("k has the unknown unit m: 3m"))
                .satisfies(e -> assertThat(e.hint())
                        .isEqualTo("Write a number and s, min, h or d, 30d for instance; 0 needs no unit."));
    }

    @Test
    void everySettingTellsWhatSetItAndNoSecretIsAmongThem() throws IOException {
        Files.writeString(folder.resolve("b.password"), "credential-secret");
        Path file = Files.writeString(folder.resolve("rowback.toml"), """
                [databases.a]
                url = 'postgresql://r:url-secret@h/d?sslpassword=key-secret&sslmode=require'
                [databases.b]
                url = 'jdbc:postgresql://h/d?user=r&pass%77ord=url-secret'
                exclude = ['a."x', 'b.*']
                """);
        Map<String, String> environment = Map.of(
                "ROWBACK_DATABASES_A_PASSWORD", "environment-secret",
                "ROWBACK_DATABASES_A_WAL_LIMIT", "1GB",
                "CREDENTIALS_DIRECTORY", folder.toString());

        List<String> lines = ConfigReader.settings(file, environment).stream()
                .map(Setting::toString)
                .toList();

        assertThat(String.join("\n", lines)).doesNotContain("-secret");
        assertThat(lines)
                .contains(
                        "databases.a.url = \"postgresql://r@h/d?sslmode=require\"  # " + file,
                        "# databases.a.password is set by ROWBACK_DATABASES_A_PASSWORD",
                        "databases.a.slot = \"rowback_a\"  # default",
                        "databases.a.wal_limit = \"1GB\"  # ROWBACK_DATABASES_A_WAL_LIMIT",
                        "databases.b.url = \"jdbc:postgresql://h/d?user=r\"  # " + file,
                        "# databases.b.password is set by credential b.password",
                        "databases.b.exclude = [\"a.\\\"x\", \"b.*\"]  # " + file,
                        "store.dir = \"/var/lib/rowback\"  # default");
        // What it prints means the same when it is read.
        Path printed = Files.write(folder.resolve("printed.toml"), lines);
        List<ConfigKey> shown = Arrays.stream(ConfigKey.values())
                .filter(key -> key.kind() != ConfigKey.Kind.SECRET)
                .toList();
        long ofDatabase = shown.stream().filter(ConfigKey::ofDatabase).count();
        assertThat(ConfigReader.settings(printed, Map.of())).hasSize((int) (shown.size() + ofDatabase));
    }

    @Test
    void passwordMayHoldACommaAndAListMayBeEmpty() {
        Config config = ConfigReader.read(
                null,
                Map.of(
                        "ROWBACK_DATABASES_APP_URL", "postgresql://r:a,b@h/d",
                        "ROWBACK_DATABASES_APP_EXCLUDE", "",
                        "ROWBACK_DATABASES_APP_INCLUDE", "a.*, b.*"));

        Config.Database app = config.database("app");
        assertThat(app.connection().password()).isEqualTo("a,b");
        assertThat(app.exclude()).isEmpty();
        assertThat(app.include()).hasToString("[a.*, b.*]");
    }

    @Test
    void sectionsMayBeEmptyIfTheyAreOurs() throws IOException {
        Map<String, String> url = Map.of("ROWBACK_DATABASES_APP_URL", "postgresql://r@h/d");
        assertThat(read("[store]\n[http]\n[databases.app]\n", url).names()).containsExactly("app");
        assertThatThrownBy(() -> read("[stor]\n", url))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e).hasMessage("unknown configuration key stor"))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean store.dir?"));
        assertThatThrownBy(() -> read("[databases.app]\n", Map.of())).hasMessage("database app has no url");
    }

    @ParameterizedTest
    @CsvSource({
        "[[http]], http, [http]",
        "store = 1, store, [store]",
        "[[databases]], databases, [databases.NAME]",
        "[[databases.app]], databases.app, [databases.app]",
    })
    void tableThatIsWrittenOtherwiseIsToldHow(String toml, String name, String table) {
        assertThatThrownBy(() -> read(toml + "\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e).hasMessage(name + " is a table of keys"))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Write " + table + " above them."));
    }

    @Test
    void listWhereOneValueIsWantedIsRefused() {
        assertThatThrownBy(() -> read("[store]\ndir = ['/a', '/b']\n", Map.of()))
                .hasMessage("store.dir takes one value");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            url = 'postgresql://h/app'                                  | databases.app.url: a database's url names no user
            url = 'postgresql://bob@h:99999/app'                        | databases.app.url: a database's url has a port that is none: 99999
            url = 'postgresql://bob@h:0/app'                            | databases.app.url: a database's url has a port that is none: 0
            include = ['users']\\nurl = 'postgresql://bob@h/app'         | databases.app.include: not a table pattern: users
            """)
    void whatIsWrongWithAValueNamesItsKey(String line, String message) {
        String text = "[databases.app]\n" + line.replace("\\n", "\n") + "\n";
        assertThatThrownBy(() -> read(text, Map.of()))
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .hasMessage(message);
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
        assertThatThrownBy(() -> read("[databases]\nurl = 'postgresql://a@h/d'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean databases.NAME.url?"));
        assertThatThrownBy(() -> read("retention = '90d'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean databases.NAME.retention?"));
    }

    @ParameterizedTest
    @CsvSource({
        "ROWBACK_DATABASES_APP_URI, ROWBACK_DATABASES_APP_URL",
        "ROWBACK_STOER_DIR, ROWBACK_STORE_DIR",
        "ROWBACK_RETENTION, ROWBACK_DATABASES_NAME_RETENTION",
        "ROWBACK_LOGLEVEL, ROWBACK_LOG_LEVEL",
    })
    void misspeltVariableIsRefusedWithTheNearestKnownOne(String variable, String nearest) {
        Map<String, String> environment = Map.of(
                "ROWBACK_DATABASES_APP_SLOT", "s", "ROWBACK_DATABASES_APP_URL", "postgresql://a@h/d", variable, "1");
        assertThatThrownBy(() -> ConfigReader.read(null, environment))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage("unknown configuration variable " + variable))
                .satisfies(e -> assertThat(e.hint()).isEqualTo("Did you mean " + nearest + "?"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ROWBACK_JAVA_OPTS",
                "ROWBACK_STORE",
                "ROWBACK_TARGET_PASSWORD",
                "ROWBACK_SCRATCH_PASSWORD",
                "ROWBACK_POSTGRES_BIN",
                // What Kubernetes tells of a Service.
                "ROWBACK_SERVICE_HOST",
                "ROWBACK_SERVICE_PORT_HTTP",
                "ROWBACK_PORT",
                "ROWBACK_PORT_9187_TCP_ADDR",
                "ROWBACKUP",
            })
    void variableThatIsNoKeyIsNoneOfOurBusiness(String variable) {
        Map<String, String> environment = Map.of("ROWBACK_DATABASES_APP_URL", "postgresql://a@h/d", variable, "1");
        assertThat(ConfigReader.read(null, environment).names()).containsExactly("app");
    }

    @Test
    void passwordInTheFileIsRefused() {
        assertThatThrownBy(() -> read("[databases.app]\nurl = 'postgresql://a@h/d'\npassword = 'x'\n", Map.of()))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.hint()).contains("~/.pgpass"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[http] | listen = 9187 | http.listen takes text, 9187 is none",
                "[store] | dir = true | store.dir takes text, true is none",
                "[databases.app] | include = 5 | databases.app.include takes text, 5 is none",
                "[databases.app] | exclude = ['a.*', 5] | databases.app.exclude takes text, 5 is none",
            })
    void whatIsNoTextIsRefusedByItsKeyWhereTextIsMeant(String table, String line, String message) {
        Map<String, String> environment = Map.of("ROWBACK_DATABASES_APP_URL", "postgresql://a@h/d");
        assertThatThrownBy(() -> read(table + "\n" + line + "\n", environment))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage(message));
    }

    /** An empty folder would be the one in which the daemon happens to be started. */
    @ParameterizedTest
    @CsvSource({"ROWBACK_STORE_DIR, store.dir", "ROWBACK_DATABASES_APP_PUBLICATION, databases.app.publication"})
    void emptyNameIsRefused(String variable, String key) {
        Map<String, String> environment = Map.of("ROWBACK_DATABASES_APP_URL", "postgresql://a@h/d", variable, "");
        assertThatThrownBy(() -> ConfigReader.read(null, environment))
                .asInstanceOf(type(RowbackException.class))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .satisfies(e -> assertThat(e).hasMessage(key + " is empty"));
    }

    @Test
    void databasesComeInTheOrderOfTheirNamesWhereverTheyAreNamed() throws IOException {
        String url = "]\nurl = 'postgresql://r@h/d'\n";
        String toml = "[databases.shop" + url + "[databases.b" + url + "[databases.crm" + url + "[databases.z" + url;

        Config config = read(toml, Map.of("ROWBACK_DATABASES_A_URL", "postgresql://r@h/d"));

        assertThat(config.databases().keySet()).containsExactly("a", "b", "crm", "shop", "z");
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
