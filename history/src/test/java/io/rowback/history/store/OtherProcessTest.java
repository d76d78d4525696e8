package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import io.rowback.history.TableTimeline;
import io.rowback.history.Transaction;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reading and writing in different processes, and a writer that is killed. */
@Timeout(120)
class OtherProcessTest {
    private static final TableSchema USERS =
            TableFixture.table("users").column("id", "bigint").key("id").build();
    private static final int READS = 25;
    private static final int BASELINE_ROWS = 10_000;
    private static final int KILLS = 4;
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(2);

    private final List<Process> processes = new ArrayList<>();

    @TempDir
    private Path folder;

    @TempDir
    private Path scratch;

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void aReaderInAnotherProcessNeverWaitsForTheWriterNorDisturbsIt() throws Exception {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, 10_000)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.commit(insert(row(USERS, "0")));
            Process reader = start(Reading.class);
            int commits = 1;
            while (reader.isAlive()) {
                history.commit(insert(row(USERS, Integer.toString(commits++))));
                pause();
            }
            try (BufferedReader output = reader.inputReader()) {
                List<String> counts = output.lines().toList();
                assertThat(reader.exitValue()).as(String.join("\n", counts)).isZero();
                assertThat(counts).hasSize(READS);
                assertThat(counts.stream().map(Long::valueOf)).isSorted().allMatch(count -> count >= 1);
                assertThat(Long.parseLong(counts.get(READS - 1)))
                        .as("it saw what was written meanwhile")
                        .isGreaterThan(Long.parseLong(counts.get(0)));
            }
            assertReadable(commits);
            assertThat(scratch).as("what the readers left").isEmptyDirectory();
        }
    }

    @Test
    void readerSeesTheStoreOfOneMomentWhileTheWriterMovesItsLogIntoFiles() throws Exception {
        Process writer = start(Forgetting.class);
        try (BufferedReader output = writer.inputReader()) {
            assertThat(output.readLine()).isEqualTo("0");
            Thread printed = new Thread(() -> output.lines().forEach(line -> {}));
            printed.start();
            for (int read = 0; read < 4 * READS; read++) {
                try (RocksHistoryReader reader = RocksHistoryReader.open(folder);
                        Stream<Transaction> stored = reader.transactions(Lsn.ZERO, Lsn.MAX)) {
                    List<Transaction> transactions = stored.toList();
                    assertThat(transactions.get(transactions.size() - 1).end())
                            .isEqualTo(reader.info().durable());
                    for (int i = 1; i < transactions.size(); i++) {
                        assertThat(transactions.get(i).id().value())
                                .isEqualTo(transactions.get(i - 1).id().value() + 1);
                    }
                    assertThat(liveRows(reader)).isEqualTo(Forgetting.LIVE);
                }
            }
            writer.destroyForcibly();
            printed.join();
        }
    }

    @Test
    void whatAKilledWriterHadStoredIsThere() throws Exception {
        Process writer = start(Writing.class);
        try (BufferedReader output = writer.inputReader()) {
            String stored = output.readLine();
            for (int i = 0; i < 300 && stored != null; i++) {
                stored = output.readLine();
            }
            writer.destroyForcibly().waitFor();
            assertThat(stored).isNotNull();
            assertThat(scratch).as("what the killed one left").isEmptyDirectory();
            try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
                assertThat(reader.info().durable()).isGreaterThanOrEqualTo(Lsn.parse(String.valueOf(stored)));
                assertThat(reader.verify((family, entries) -> {}).findings()).isEmpty();
            }
        }
        RocksHistoryWriter.open(folder).close();
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(reader.verify((family, entries) -> {}).findings()).isEmpty();
        }
    }

    @Test
    void baselineThatWasCoveredBeforeItsWriterWasKilledIsThere() throws Exception {
        Process writer = start(Covering.class);
        try (BufferedReader output = writer.inputReader()) {
            assertThat(output.readLine()).isEqualTo("covered");
            writer.destroyForcibly().waitFor();
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder);
                Stream<RowImage> rows = reader.baseline(USERS.id(), Lsn.parse("0/1100"))) {
            assertThat(rows).hasSize(BASELINE_ROWS);
            assertThat(reader.verify((family, entries) -> {}).findings()).isEmpty();
        }
    }

    @Test
    void writerThatIsKilledWhileItDropsThePastLosesNothingAndGoesOn() throws Exception {
        for (int kill = 0; kill < KILLS; kill++) {
            Process writer = start(Forgetting.class);
            try (BufferedReader output = writer.inputReader()) {
                String line = output.readLine();
                for (int i = 0; i < 40 + 60 * kill && line != null; i++) {
                    line = output.readLine();
                }
                assertThat(line).matches("\\d+");
                writer.destroyForcibly().waitFor();
                try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
                    assertThat(reader.verify((family, entries) -> {}).findings())
                            .isEmpty();
                    assertThat(liveRows(reader)).isEqualTo(Forgetting.LIVE);
                }
            }
        }
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, 10_000)) {
            writer.forget(Lsn.MAX);
        }
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(reader.info().horizon()).isNotNull();
            Verification verification = reader.verify((family, entries) -> {});
            assertThat(verification.findings()).isEmpty();
            assertThat(verification.baselineRows()).as("nothing is left behind").isEqualTo(Forgetting.LIVE);
            assertThat(liveRows(reader)).isEqualTo(Forgetting.LIVE);
        }
    }

    private static long liveRows(RocksHistoryReader reader) {
        try (Stream<RowImage> rows = new TableTimeline(reader, reader.tables().get(0))
                .asOf(reader.info().durable())) {
            return rows.count();
        }
    }

    /** Where the disk is in memory a writer that does not rest is faster than any reader. */
    private static void pause() {
        LockSupport.parkNanos(PAUSE);
    }

    private void assertReadable(int commits) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            assertThat(count(reader)).isEqualTo(commits);
        }
    }

    private Process start(Class<?> main) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        java,
                        "-Djava.io.tmpdir=" + scratch,
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        processes.add(process);
        return process;
    }

    private static long count(RocksHistoryReader reader) {
        try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
            return changes.count();
        }
    }

    /** Opens the store again and again and prints how many changes there are. */
    static final class Reading {
        private Reading() {}

        public static void main(String[] args) {
            for (int i = 0; i < READS; i++) {
                try (RocksHistoryReader reader = RocksHistoryReader.open(Path.of(args[0]))) {
                    long counted = count(reader);
                    Verification verification = reader.verify((family, entries) -> {});
                    if (!verification.sound() || verification.changes() != counted) {
                        throw new IllegalStateException(counted + " changes, " + verification);
                    }
                    System.out.println(counted);
                }
            }
        }
    }

    /** Writes until it is killed and prints each durable position once it is stored; between them parts of transactions. */
    static final class Writing {
        private Writing() {}

        public static void main(String[] args) {
            RocksHistoryWriter writer = RocksHistoryWriter.open(Path.of(args[0]), 10_000);
            HistoryFixture history = new HistoryFixture(writer);
            for (int i = 0; ; i++) {
                history.commit(insert(row(USERS, Integer.toString(i))));
                System.out.println(history.here());
            }
        }
    }

    /**
     * Replaces its oldest row by a new one again and again, prints the new one's number, and all the time drops what it can,
     * until it is killed.
     */
    static final class Forgetting {
        static final int LIVE = 50;

        private Forgetting() {}

        public static void main(String[] args) {
            RocksHistoryWriter writer = RocksHistoryWriter.open(Path.of(args[0]), 10_000);
            boolean fresh = writer.info().database().isEmpty();
            HistoryFixture history = fresh ? new HistoryFixture(writer) : HistoryFixture.goingOn(writer);
            if (fresh) {
                history.baseline(
                        USERS,
                        IntStream.range(0, LIVE)
                                .mapToObj(id -> row(USERS, Integer.toString(id)))
                                .toArray(RowImage[]::new));
            }
            new Thread(() -> {
                        while (true) {
                            writer.forget(Lsn.MAX);
                            pause();
                        }
                    })
                    .start();
            for (int i = history.commits(); ; i++) {
                history.commit(delete(row(USERS, Integer.toString(i))), insert(row(USERS, Integer.toString(i + LIVE))));
                System.out.println(i);
                pause();
            }
        }
    }

    /** Takes a baseline that is too large for RocksDB's log, says that it counts, and waits to be killed. */
    static final class Covering {
        private Covering() {}

        public static void main(String[] args) throws InterruptedException {
            RocksHistoryWriter writer = RocksHistoryWriter.open(Path.of(args[0]));
            HistoryFixture history = new HistoryFixture(writer);
            writer.baseline(
                    history.here(),
                    IntStream.range(0, BASELINE_ROWS)
                            .mapToObj(id -> row(USERS, Integer.toString(id)))
                            .toList());
            writer.covered(USERS, history.here(), Instant.EPOCH, BASELINE_ROWS);
            System.out.println("covered");
            new CountDownLatch(1).await();
        }
    }
}
