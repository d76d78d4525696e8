package io.rowback.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rowback.history.ErrorCode;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** What systemd thinks of the units, and what they have in common with the programs. */
class ServiceUnitIT {
    private static final Path HOME = Path.of(System.getProperty("rowback.home"));
    /** Ten times the exposure that systemd may find at most. */
    private static final int THRESHOLD = 20;

    @Test
    void systemdFindsNoFaultInTheUnits(@TempDir Path folder) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("verify", "--man=no"));
        for (Path unit : units()) {
            // It looks for the programs, which are elsewhere before they are installed.
            String text = Files.readString(unit).replace("/usr/bin/", HOME.resolve("bin") + "/");
            command.add(
                    Files.writeString(folder.resolve(unit.getFileName()), text).toString());
        }
        Result result = analyze(command);

        assertThat(result.output()).isEmpty();
        assertThat(result.status()).isZero();
    }

    @Test
    void servicesAreNotExposedMoreThanTheyMust() throws IOException, InterruptedException {
        for (Path unit : units()) {
            if (unit.toString().endsWith(".service")) {
                Result result = analyze(List.of(
                        "security", "--offline=true", "--threshold=" + THRESHOLD, "--no-pager", unit.toString()));
                assertThat(result.status()).as(result.output()).isZero();
            }
        }
    }

    @Test
    void installedDaemonFindsItsWayToTheServiceManager(@TempDir Path folder) throws IOException, InterruptedException {
        Path socket = folder.resolve("notify");
        try (AFUNIXDatagramSocket manager = AFUNIXDatagramSocket.newInstance()) {
            manager.bind(AFUNIXSocketAddress.of(socket));
            ProcessBuilder daemon =
                    new ProcessBuilder(HOME.resolve("bin/rowbackd").toString(), "run").inheritIO();
            daemon.environment().put("NOTIFY_SOCKET", socket.toString());
            daemon.environment().put("ROWBACK_DATABASES_APP_URL", "postgresql://nobody@127.0.0.1:1/nowhere");
            daemon.environment().put("ROWBACK_HTTP_LISTEN", "");
            assertThat(daemon.start().waitFor()).isEqualTo(ErrorCode.NO_POSTGRES.exitCode());

            assertThat(messages(manager))
                    .noneMatch(message -> message.contains("READY"))
                    .last()
                    .isEqualTo("STOPPING=1");
        }
    }

    /** What systemd-analyze would not miss, or not enough. */
    @Test
    void daemonIsSupervisedHasItsPasswordAndKeepsItsHistoryToItself() throws IOException {
        assertThat(Files.readAllLines(HOME.resolve("systemd/rowbackd.service")))
                .contains("Type=notify", "WatchdogSec=3min", "Restart=on-failure", "StartLimitIntervalSec=0")
                .contains("User=rowback", "Group=rowback", "LoadCredential=app.password:rowback.app.password")
                .contains("StateDirectory=rowback", "StateDirectoryMode=0700", "UMask=0077")
                .contains("ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes");
    }

    @Test
    void whatOnlyAnOperatorCanMendIsNotTriedAgain() throws IOException {
        assertThat(setting("RestartPreventExitStatus").split(" "))
                .containsExactlyInAnyOrder(
                        code(ErrorCode.USAGE),
                        code(ErrorCode.REFUSED),
                        code(ErrorCode.NO_STORE),
                        code(ErrorCode.STORE_CORRUPT))
                // teardown, adopt and skip lock it for a moment.
                .doesNotContain(code(ErrorCode.STORE_UNUSABLE));
    }

    @Test
    void heapLeavesRoomForWhatIsOutsideOfIt() throws IOException {
        Matcher heap = Pattern.compile("ROWBACK_JAVA_OPTS=-Xmx(\\d+)g").matcher(setting("Environment"));
        Matcher limit = Pattern.compile("(\\d+)G").matcher(setting("MemoryMax"));

        assertThat(heap.matches()).isTrue();
        assertThat(limit.matches()).isTrue();
        assertThat(Integer.parseInt(limit.group(1))).isGreaterThan(Integer.parseInt(heap.group(1)));
    }

    private static List<String> messages(AFUNIXDatagramSocket socket) throws IOException {
        List<String> messages = new ArrayList<>();
        socket.setSoTimeout(1);
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
                socket.receive(packet);
                messages.add(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
            }
        } catch (SocketTimeoutException e) {
            return messages;
        }
    }

    private static String code(ErrorCode code) {
        return Integer.toString(code.exitCode());
    }

    private static String setting(String name) throws IOException {
        return Files.readAllLines(HOME.resolve("systemd/rowbackd.service")).stream()
                .filter(line -> line.startsWith(name + "="))
                .map(line -> line.substring(name.length() + 1))
                .findFirst()
                .orElseThrow();
    }

    private static List<Path> units() throws IOException {
        try (Stream<Path> units = Files.list(HOME.resolve("systemd"))) {
            return units.toList();
        }
    }

    private record Result(int status, String output) {}

    /** Runs systemd-analyze, which need not be there: not every machine that builds has systemd. */
    private static Result analyze(List<String> arguments) throws IOException, InterruptedException {
        Path program = Path.of("/usr/bin/systemd-analyze");
        assumeTrue(Files.isExecutable(program), "there is no systemd-analyze");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }
}
