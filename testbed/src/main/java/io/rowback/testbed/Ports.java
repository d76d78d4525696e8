package io.rowback.testbed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports of this machine for servers of the tests and the demo. */
public final class Ports {
    private Ports() {}

    /** A free port below those that the system gives to outgoing connections, so that a restart finds it free too. */
    public static int free() {
        return ThreadLocalRandom.current()
                .ints(20_000, 32_000)
                .limit(1_000)
                .filter(Ports::isFree)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no free port"));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
