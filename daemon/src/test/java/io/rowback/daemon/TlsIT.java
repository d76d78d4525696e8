package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.postgres.ConnectionSettings;
import io.rowback.postgres.Connections;
import io.rowback.testbed.Database;
import io.rowback.testbed.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that lets our role in over TLS and by certificate alone: for what asks the catalog and for what reads the slot. */
class TlsIT {
    private static final int NOBODY = 65534;

    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    /** Where the server's account can read as well. */
    @SuppressWarnings("NullAway.Init")
    private static Path keys;

    @TempDir
    Path folder;

    @BeforeAll
    static void startServer() throws Exception {
        // A server in a container does not see these files.
        Assumptions.assumeFalse("testcontainers".equals(System.getProperty("rowback.postgres")));
        keys = Files.createTempDirectory(
                "rowback-keys-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Certificates certificates = new Certificates(keys);
        Path authority = certificates.authority("authority");
        certificates.authority("stranger");
        Path server18 = certificates.signed("server", "authority", "-ext", "san=ip:127.0.0.1");
        certificates.signed("modest", "authority");
        onlyForItsOwner(certificates.key("modest"));
        Path key = certificates.key("server");
        onlyForItsOwner(key);
        if ((int) Files.getAttribute(key, "unix:uid") == 0) {
            Files.setAttribute(key, "unix:uid", NOBODY);
        }
        Path access = Files.writeString(
                keys.resolve("pg_hba.conf"),
                "hostssl all modest 127.0.0.1/32 cert\nhost all postgres 127.0.0.1/32 trust\n");
        server = PostgresServer.version(18)
                .setting("ssl", "on")
                .setting("ssl_cert_file", server18.toString())
                .setting("ssl_key_file", key.toString())
                .setting("ssl_ca_file", authority.toString())
                .setting("hba_file", access.toString())
                .start();
        server.database().run("create role modest login replication");
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
        try (Stream<Path> files = Files.list(keys)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(keys);
    }

    private static void onlyForItsOwner(Path key) throws IOException {
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void captureRunsOverTlsWithACertificateInsteadOfAPassword() throws Exception {
        Database app = database("captured");
        app.run("insert into t values (1)");
        String url = url(app, "127.0.0.1", "verify-full", "authority", true);
        assertThat(check(url))
                .startsWith("0 app: modest@127.0.0.1")
                .contains("ok    the connection is encrypted, TLSv1.");
        try (RunningCapture capture = new RunningCapture(app, url, folder, Map.of())) {
            capture.covering(1);
            app.run("insert into t values (2)");
            assertThat(capture.catchUp().changes("t")).containsExactly("INSERT -> 2");
            // Nothing of ours goes another way: neither the walsender nor who takes baselines and looks at tables.
            assertThat(app.query("select count(*) > 1, bool_and(s.ssl), bool_or(a.backend_type = 'walsender')"
                            + " from pg_stat_activity a join pg_stat_ssl s using (pid) where a.usename = 'modest'"))
                    .containsExactly("t|t|t");
        }
    }

    @Test
    void serverThatIsNotTheOneIsRefused() throws Exception {
        Database app = database("refused");
        assertThat(check(url(app, "127.0.0.1", "verify-full", "stranger", true)))
                .startsWith("13 ")
                .contains("fail  connecting to modest@127.0.0.1")
                .contains("->  TLS failed: sslrootcert must hold the authority that signed the server's certificate");
        // The certificate names the address alone.
        assertThat(check(url(app, "localhost", "verify-full", "authority", true)))
                .startsWith("13 ")
                .contains("localhost could not be verified");
        assertThat(check(url(app, "localhost", "verify-ca", "authority", true))).startsWith("0 ");
        // As libpq does it, who names an authority means it.
        assertThat(check(url(app, "localhost", "require", "stranger", true)))
                .startsWith("13 ")
                .contains("->  TLS failed");
        assertThat(check(url(app, "localhost", "require", "authority", true))).startsWith("0 ");
    }

    @Test
    void walsenderOfAServerThatIsNotTheOneIsRefused() throws Exception {
        Database app = database("walsender");
        assertThatThrownBy(() -> replicate(url(app, "127.0.0.1", "verify-full", "stranger", true)))
                .isInstanceOf(SQLException.class)
                .hasRootCauseInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> replicate(url(app, "localhost", "verify-full", "authority", true)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("localhost could not be verified");
        replicate(url(app, "127.0.0.1", "verify-full", "authority", true));
    }

    private static void replicate(String url) throws SQLException {
        new Connections(ConnectionSettings.parse(url), "test").openReplication().close();
    }

    @Test
    void clientWithoutItsCertificateIsNotLetIn() throws Exception {
        Database app = database("without");
        assertThat(check(url(app, "127.0.0.1", "verify-full", "authority", false)))
                .startsWith("13 ")
                .contains("certificate");
        assertThat(check(url(app, "127.0.0.1", "disable", "authority", true))).startsWith("13 ");
    }

    private static Database database(String name) throws Exception {
        Database app = server.createDatabase(name);
        app.run("create table t (id int primary key); create publication rowback for table only t"
                + " with (publish_generated_columns = stored); grant select on t to modest");
        return app;
    }

    private static String url(Database app, String host, String mode, String authority, boolean certificate) {
        return "postgresql://modest@" + host + ":" + app.port() + "/" + app.name() + "?sslmode=" + mode
                + "&sslrootcert="
                + keys.resolve(authority + ".crt")
                + (certificate
                        ? "&sslcert=" + keys.resolve("modest.crt") + "&sslkey=" + keys.resolve("modest.key")
                        : "");
    }

    private String check(String url) throws IOException {
        Path config = Files.writeString(
                folder.resolve("rowback.toml"),
                "[store]\ndir = '" + folder.resolve("none") + "'\n[databases.app]\nurl = '" + url + "'\n");
        StringWriter out = new StringWriter();
        int status = Main.execute(
                new String[] {"check", "--config", config.toString()},
                new PrintWriter(out, true),
                new PrintWriter(new StringWriter(), true));
        return status + " " + out;
    }
}
