package io.rowback.testbed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A server in a container of the official image. */
final class ContainerBackend implements Backend {
    private static final int START_SECONDS = 60;

    private final PostgreSQLContainer container;
    private final int port = Ports.free();

    ContainerBackend(int major, Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of("postgres"));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        container = new PostgreSQLContainer("postgres:" + major)
                .withUsername("postgres")
                .withDatabaseName("postgres")
                .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
                .withCommand(command.toArray(String[]::new));
        // A port chosen by Docker would be another one after a restart.
        container.setPortBindings(List.of("127.0.0.1:" + port + ":5432"));
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void start() {
        if (container.getContainerId() == null) {
            container.start();
        } else {
            container
                    .getDockerClient()
                    .startContainerCmd(container.getContainerId())
                    .exec();
        }
        awaitConnection();
    }

    @Override
    public void stop(PostgresServer.Shutdown mode) {
        signal(mode == PostgresServer.Shutdown.FAST ? "SIGINT" : "SIGQUIT");
    }

    @Override
    public void kill() {
        signal("SIGKILL");
    }

    @Override
    public Backend copy(String signal, Map<String, String> settings) {
        throw new UnsupportedOperationException("servers in containers are not copied");
    }

    @Override
    public Backend upgraded() {
        throw new UnsupportedOperationException("a container's data cannot be copied");
    }

    @Override
    public String log() {
        return container.getContainerId() == null ? "" : container.getLogs();
    }

    @Override
    public void close() {
        container.stop();
    }

    /** Sends a signal to the server, which is the container's first process, and waits for its end. */
    private void signal(String signal) {
        String id = container.getContainerId();
        container.getDockerClient().killContainerCmd(id).withSignal(signal).exec();
        container.getDockerClient().waitContainerCmd(id).start().awaitStatusCode();
    }

    private void awaitConnection() {
        Database database = new Database(port, "postgres", "postgres");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (true) {
            try (Connection connection = database.connect()) {
                if (connection.isValid(START_SECONDS)) {
                    return;
                }
            } catch (SQLException e) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("the server does not accept connections:\n" + log(), e);
                }
            }
        }
    }
}
