package io.rowback.daemon.systemd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

class NotifySocketTest {
    @Test
    void linesArriveAsOneMessageAtAPath(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("notify");
        assertThat(received(AFUNIXSocketAddress.of(path), path.toString())).isEqualTo("READY=1\nSTATUS=ü");
    }

    @Test
    void linesArriveAtANameOfTheKernel() throws IOException {
        String name = "rowback-test-" + ProcessHandle.current().pid();
        assertThat(received(AFUNIXSocketAddress.inAbstractNamespace(name), "@" + name))
                .isEqualTo("READY=1\nSTATUS=ü");
    }

    @Test
    void nobodyListensWhereNobodyIsNamed() throws IOException {
        assertThat(NotifySocket.of(Map.of())).isNull();
        assertThat(NotifySocket.of(Map.of("NOTIFY_SOCKET", ""))).isNull();
    }

    private static String received(AFUNIXSocketAddress address, String name) throws IOException {
        try (AFUNIXDatagramSocket listening = AFUNIXDatagramSocket.newInstance()) {
            listening.bind(address);
            try (NotifySocket socket = Objects.requireNonNull(NotifySocket.of(Map.of("NOTIFY_SOCKET", name)))) {
                socket.send(List.of("READY=1", "STATUS=ü"));
            }
            DatagramPacket packet = new DatagramPacket(new byte[100], 100);
            listening.receive(packet);
            return new String(packet.getData(), 0, packet.getLength(), UTF_8);
        }
    }
}
