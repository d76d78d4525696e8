package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rowback.history.ErrorCode;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.RowKey;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableSchema;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One bit flips somewhere in a file of a store: opening it or {@code verify} tells. Of the files that nothing is read from
 * every answer is what it was. Random places, with the seed {@code -Drowback.seed=N}.
 */
class BitFlipTest {
    private static final int FLIPS = Boolean.getBoolean("rowback.nightly") ? 100 : 12;

    private final Random random = new Random(Long.getLong("rowback.seed", 1));
    private final TableSchema users = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    private final TableSchema notes = TableFixture.table("notes")
            .column("id", "bigint")
            .column("user_id", "bigint")
            .key("id")
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();

    @TempDir
    private Path folder;

    /** The first part goes to sorted files when the store is opened anew, the second stays in RocksDB's own log. */
    @BeforeEach
    void fill() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.baseline(users, row(users, "1", "ann"), row(users, "2", "bob"));
            history.baseline(notes, row(notes, "1", "1"), row(notes, "2", null));
            live(history, 10);
        }
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            live(HistoryFixture.goingOn(writer), 100);
        }
        assertThat(untold()).isNotNull();
    }

    private void live(HistoryFixture history, int from) {
        for (int i = from; i < from + 20; i++) {
            String id = Integer.toString(i);
            history.commit(insert(row(users, id, "u" + i)), insert(row(notes, id, id)));
            history.commit(update(row(users, id, "u" + i), row(users, id, "v" + random.nextInt())));
            history.commit(delete(row(notes, id, id)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {".sst", ".log", "MANIFEST", "CURRENT"})
    void aBitThatFlipsAnywhereIsTold(String kind) throws IOException {
        List<Path> found = files(kind);
        // Of each family there is at least one file of sorted entries.
        assertThat(found).hasSizeGreaterThanOrEqualTo(kind.equals(".sst") ? Family.values().length : 1);
        Set<String> untold = new TreeSet<>();
        for (Path file : found) {
            for (int i = 0; i < FLIPS; i++) {
                long bit = random.nextLong(Files.size(file) * Byte.SIZE);
                flip(file, bit);
                if (untold() != null) {
                    untold.add(file.getFileName() + " of " + Files.size(file) + " bytes, byte " + bit / Byte.SIZE
                            + " bit " + bit % Byte.SIZE);
                }
                flip(file, bit);
            }
        }
        assertThat(untold).isEmpty();
        assertThat(untold()).isNotNull();
    }

    /** RocksDB takes such a record for one that was not finished when the machine fell. */
    @ParameterizedTest
    @ValueSource(strings = {".log", "MANIFEST"})
    void aRecordThatSeemsToReachBeyondTheEndIsTold(String kind) throws IOException {
        for (Path file : files(kind)) {
            byte[] bytes = Files.readAllBytes(file);
            int last = 0;
            for (int next = 0;
                    next < bytes.length;
                    next += 7 + (bytes[next + 4] & 0xFF) + (bytes[next + 5] << Byte.SIZE)) {
                last = next;
            }
            long highestBitOfItsLength = (last + 5) * 8L + 6;
            flip(file, highestBitOfItsLength);
            assertThat(untold()).as("%s", file).isNull();
            flip(file, highestBitOfItsLength);
        }
        assertThat(untold()).isNotNull();
    }

    /** RocksDB, read beside a writer, leaves out a file that it cannot open, and all that came later. */
    @Test
    void aSortedFileThatCannotBeOpenedIsNotPassedOver() throws IOException {
        List<Object> before = byLsn();
        int needless = 0;
        for (Path file : files(".sst")) {
            byte[] whole = Files.readAllBytes(file);
            byte[] flipped = whole.clone();
            flipped[whole.length - 1] ^= 1;
            for (byte[] damaged : List.of(flipped, Arrays.copyOf(whole, whole.length - 1), new byte[0])) {
                Files.write(file, damaged);
                assertRefused(file);
            }
            Files.delete(file);
            assertRefused(file);
            List<Object> without = byLsn();
            if (without != null) {
                assertThat(without).isEqualTo(before);
                needless++;
            }
            Files.write(file, whole);
        }
        // Of each family that such questions do without there is one at least, and of each of the others.
        int needed = Questions.FEW_ROWS_BY_LSN.families().size();
        assertThat(needless)
                .isBetween(Family.values().length - needed, files(".sst").size() - needed);
        assertThat(untold()).isNotNull();
    }

    private void assertRefused(Path file) {
        String name = String.valueOf(file.getFileName());
        assertThat(findings(refusal(name))).hasSize(1).first().asString().startsWith(name + " is ");
    }

    private RowbackException refusal(String reason) {
        RowbackException refusal = catchThrowableOfType(
                RowbackException.class, () -> RocksHistoryReader.open(folder).close());
        assertThat(refusal.code()).isEqualTo(ErrorCode.STORE_CORRUPT);
        assertThat(refusal).hasMessageContaining(reason);
        return refusal;
    }

    private List<String> findings(RowbackException refusal) {
        Verification files = RocksHistoryReader.verifyFiles(folder, refusal, (what, count) -> {});
        assertThat(files.opened()).isFalse();
        assertThat(files.sound()).isFalse();
        return files.findings();
    }

    /** One file that is gone must not hide what else is damaged. */
    @Test
    void whatElseIsDamagedIsToldOfAStoreThatCannotBeOpened() throws IOException {
        List<Path> sorted = files(".sst");
        Files.delete(sorted.get(0));
        flip(sorted.get(1), 100);
        Path log = files(".log").get(0);
        flip(log, 100);
        assertThat(findings(refusal("")))
                .hasSize(3)
                .satisfiesExactly(
                        gone -> assertThat(gone).isEqualTo(sorted.get(0).getFileName() + " is missing"),
                        damaged -> assertThat(damaged).startsWith(sorted.get(1).getFileName() + " is damaged: "),
                        logged -> assertThat(logged).startsWith(log.getFileName() + " at byte "));

        String list = Files.readString(folder.resolve("CURRENT"));
        Files.delete(folder.resolve("CURRENT"));
        assertThat(findings(refusal(""))).hasSize(3).first().asString().endsWith("CURRENT is missing");
        Files.writeString(folder.resolve("CURRENT"), list);
    }

    /** RocksDB would begin a new store there, and delete the files of the old one. */
    @Test
    void aStoreWhoseListOfFilesIsLostIsNotTakenForNone() throws IOException {
        Path current = folder.resolve("CURRENT");
        String list = Files.readString(current);
        Set<Path> before = new TreeSet<>(files(".sst"));
        Files.delete(current);
        assertListLost("CURRENT is missing");
        Files.writeString(current, list.replaceFirst("MANIFEST-0", "MANIFEST-1"));
        assertListLost("CURRENT names a file that is not there");

        // A young store has nothing but a log.
        Path young = Files.createDirectory(folder.resolve("young"));
        Files.createFile(young.resolve("000004.log"));
        assertThatThrownBy(() -> RocksHistoryWriter.open(young).close())
                .satisfies(e -> isCorrupt(e, "CURRENT is missing"));

        Files.writeString(current, list);
        assertThat(new TreeSet<>(files(".sst"))).isEqualTo(before);
        assertThat(untold()).isNotNull();
    }

    private void assertListLost(String reason) {
        assertThatThrownBy(() -> RocksHistoryReader.open(folder).close()).satisfies(e -> isCorrupt(e, reason));
        assertThatThrownBy(() -> RocksHistoryWriter.open(folder).close()).satisfies(e -> isCorrupt(e, reason));
    }

    private static void isCorrupt(Throwable e, String reason) {
        assertThat(e)
                .isInstanceOfSatisfying(
                        RowbackException.class, told -> assertThat(told.code()).isEqualTo(ErrorCode.STORE_CORRUPT))
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPTIONS", "IDENTITY", "LOG"})
    void filesThatNothingIsReadFromChangeNoAnswer(String kind) throws IOException {
        List<Object> answers = untold();
        List<Path> found = files(kind);
        assertThat(found).isNotEmpty();
        for (Path file : found) {
            for (int i = 0; i < FLIPS && Files.size(file) > 0; i++) {
                long bit = random.nextLong(Files.size(file) * Byte.SIZE);
                flip(file, bit);
                assertThat(untold()).as("%s bit %s", file, bit).isEqualTo(answers);
                flip(file, bit);
            }
        }
    }

    /** All that the store answers, null if it is told that something is wrong with it. */
    private @Nullable List<Object> untold() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
            if (!reader.verify((what, count) -> {}).sound()) {
                return null;
            }
            List<Object> answers = new ArrayList<>(List.of(reader.info(), reader.tables()));
            answers.add(list(reader.changes(Lsn.ZERO, Lsn.MAX)));
            answers.add(list(reader.transactions(Lsn.ZERO, Lsn.MAX)));
            for (TableInfo table : reader.tables()) {
                answers.add(list(reader.baseline(table.schema().id(), Lsn.MAX)));
                answers.add(list(reader.lastChanges(table.schema().id(), Lsn.ZERO, Lsn.MAX)));
            }
            return answers;
        } catch (RowbackException e) {
            assertThat(e.code()).isIn(ErrorCode.STORE_CORRUPT, ErrorCode.STORE_UNUSABLE);
            assertThat(e.hint()).isNotNull();
            return null;
        }
    }

    /** What is told of each row, null if the store is refused. */
    private @Nullable List<Object> byLsn() {
        try (RocksHistoryReader reader = RocksHistoryReader.open(folder, Questions.FEW_ROWS_BY_LSN)) {
            List<Object> answers = new ArrayList<>(List.of(reader.info(), reader.tables()));
            answers.add(list(reader.transactions(Lsn.ZERO, Lsn.MAX)));
            for (TableInfo table : reader.tables()) {
                TableId id = table.schema().id();
                for (int i = 1; i < 130; i++) {
                    RowKey key = RowKey.of(Integer.toString(i));
                    answers.add(list(reader.changes(id, key, Lsn.ZERO, Lsn.MAX)));
                    answers.add(reader.baseline(id, key, Lsn.MAX));
                }
            }
            assertThatThrownBy(() -> reader.positionAt(Instant.now())).isInstanceOf(IllegalStateException.class);
            return answers;
        } catch (RowbackException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.STORE_CORRUPT);
            return null;
        }
    }

    private static <T> List<T> list(Stream<T> stream) {
        try (stream) {
            return stream.toList();
        }
    }

    private List<Path> files(String kind) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return kind.startsWith(".") ? name.endsWith(kind) : name.startsWith(kind);
                    })
                    .sorted()
                    .toList();
        }
    }

    private static void flip(Path path, long bit) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(bit / Byte.SIZE);
            int value = file.read();
            file.seek(bit / Byte.SIZE);
            file.write(value ^ 1 << bit % Byte.SIZE);
        }
    }
}
