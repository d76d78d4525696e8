package io.rowback.daemon.systemd;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/**
 * The socket on which a service manager listens to what it started, as sd_notify(3) describes it: each datagram is some
 * lines, a variable and its value each. Confined to one thread.
 */
public final class NotifySocket implements AutoCloseable {
    private static final String VARIABLE = "NOTIFY_SOCKET";

    private final AFUNIXDatagramSocket socket;

    private NotifySocket(AFUNIXDatagramSocket socket) {
        this.socket = socket;
    }

    /**
     * The socket that the environment names; null if nobody listens.
     *
     * @throws IOException if it cannot be opened
     */
    public static @Nullable NotifySocket of(Map<String, String> environment) throws IOException {
        String name = environment.getOrDefault(VARIABLE, "");
        if (name.isEmpty()) {
            return null;
        }
        // A name in the kernel's own namespace is written with @ for the zero byte that it begins with.
        AFUNIXSocketAddress address = name.startsWith("@")
                ? AFUNIXSocketAddress.inAbstractNamespace(name.substring(1))
                : AFUNIXSocketAddress.of(Path.of(name));
        AFUNIXDatagramSocket socket = AFUNIXDatagramSocket.newInstance();
        try {
            socket.connect(address);
            return new NotifySocket(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends assignments as one datagram; none may hold a line break. */
    public void send(List<String> assignments) throws IOException {
        byte[] bytes = String.join("\n", assignments).getBytes(UTF_8);
        socket.send(new DatagramPacket(bytes, bytes.length));
    }

    @Override
    public void close() {
        socket.close();
    }
}
