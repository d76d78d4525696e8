package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a machine that fell leaves at the end of RocksDB's log, and a flipped bit that looks like it. */
class RecordLogTest {
    private static final int HEADER = 7;

    private final TableSchema users =
            TableFixture.table("users").column("id", "bigint").key("id").build();

    @TempDir
    private Path folder;

    private Lsn lastButOne = Lsn.ZERO;

    @BeforeEach
    void write() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(users, row(users, "1"));
            history.commit(insert(row(users, "2")));
            lastButOne = history.commit(insert(row(users, "3"))).end();
            history.commit(insert(row(users, "4")));
        }
    }

    @Test
    void aRecordIsUnfinishedWhereverItWasCutOff() throws IOException {
        byte[] whole = Files.readAllBytes(newest());
        int last = lastRecord(whole);
        assertThat(whole.length - last).isGreaterThan(2 * HEADER);
        for (int length = last + 1; length < whole.length; length++) {
            assertThat(RecordLog.isUnfinished(block(whole), last, length))
                    .as("of %s bytes %s", whole.length - last, length - last)
                    .isTrue();
        }
        assertThat(RecordLog.isUnfinished(block(whole), last, whole.length)).isFalse();
    }

    @Test
    void aFlippedBitNeverMakesARecordLookUnfinished() throws IOException {
        byte[] whole = Files.readAllBytes(newest());
        List<Integer> records = records(whole);
        assertThat(records).hasSizeGreaterThan(3);
        for (int record : records) {
            for (int bit = 0; bit < HEADER * Byte.SIZE; bit++) {
                byte[] flipped = block(whole);
                flipped[record + bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
                assertThat(RecordLog.isUnfinished(flipped, record, whole.length))
                        .as("record at %s, bit %s of its header", record, bit)
                        .isFalse();
            }
        }
    }

    @Test
    void whatWasNotFinishedIsToldAsNoDamageAndGoneAfterTheNextStart() throws IOException {
        byte[] whole = Files.readAllBytes(newest());
        Files.write(newest(), Arrays.copyOf(whole, whole.length - 3));
        Verification verification = verify();
        assertThat(verification.findings()).isEmpty();
        assertThat(verification.unfinished()).isEqualTo(whole.length - 3 - lastRecord(whole));
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.info().durable()).isEqualTo(lastButOne);
        }
        assertThat(verify().sound()).isTrue();
        assertThat(verify().unfinished()).isZero();
    }

    @Test
    void aLogThatIsNotTheNewestHasNothingUnfinished() throws IOException {
        byte[] whole = Files.readAllBytes(newest());
        Files.write(newest(), Arrays.copyOf(whole, whole.length - 3));
        Findings findings = new Findings();
        assertThat(new RecordLog(newest(), false, findings).verify()).isZero();
        assertThat(findings.told()).singleElement().asString().contains("a record is damaged");
    }

    private Verification verify() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            return reader.verify((what, count) -> {});
        }
    }

    private Path newest() {
        List<Path> logs = StoreFolder.recordLogs(folder);
        return logs.get(logs.size() - 1);
    }

    /** As large as blocks are. */
    private static byte[] block(byte[] bytes) {
        return Arrays.copyOf(bytes, 1 << 15);
    }

    /** Where the records begin. */
    private static List<Integer> records(byte[] bytes) {
        List<Integer> records = new ArrayList<>();
        for (int next = 0; next < bytes.length; ) {
            records.add(next);
            next += HEADER + (bytes[next + 4] & 0xFF) + ((bytes[next + 5] & 0xFF) << Byte.SIZE);
        }
        return records;
    }

    private static int lastRecord(byte[] bytes) {
        List<Integer> records = records(bytes);
        return records.get(records.size() - 1);
    }
}
