package io.rowback.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** Listens as a service manager does. */
final class NotifyListener implements AutoCloseable {
    private static final int PATIENCE_MILLIS = (int) TimeUnit.SECONDS.toMillis(60);

    private final Path path;
    private final AFUNIXDatagramSocket socket;

    NotifyListener(Path folder) throws IOException {
        path = folder.resolve("notify");
        socket = AFUNIXDatagramSocket.newInstance();
        socket.bind(AFUNIXSocketAddress.of(path));
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    /** What the environment of those says who are to be heard. */
    Map<String, String> environment() {
        return Map.of("NOTIFY_SOCKET", path.toString());
    }

    /** Waits for the next message. */
    String next() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        socket.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), UTF_8);
    }

    /** Waits for the first message that is so. */
    String await(Predicate<String> wanted) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        String message = next();
        while (!wanted.test(message)) {
            assertThat(System.nanoTime()).as(message).isLessThan(deadline);
            message = next();
        }
        return message;
    }

    /** All that has been sent and not been read. */
    String rest() throws IOException {
        StringBuilder messages = new StringBuilder();
        socket.setSoTimeout(1);
        try {
            while (true) {
                messages.append(next()).append('\n');
            }
        } catch (SocketTimeoutException e) {
            return messages.toString();
        } finally {
            socket.setSoTimeout(PATIENCE_MILLIS);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
