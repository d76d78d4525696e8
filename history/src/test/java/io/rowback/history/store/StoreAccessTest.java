package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Change;
import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

/** Opening and closing: who may, what they are told otherwise, and that nothing is used when it is gone. */
class StoreAccessTest {
    private final TableSchema users =
            TableFixture.table("users").column("id", "bigint").key("id").build();

    @TempDir
    private Path folder;

    @Test
    void nobodyElseCanEnterTheStore() throws IOException {
        Path loose = Files.createDirectories(folder.resolve("loose"));
        Files.setPosixFilePermissions(loose, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (Path directory : List.of(loose, folder.resolve("deep/er"))) {
            RocksHistoryWriter.open(directory).close();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void aSecondWriterIsKeptOut() {
        try (RocksHistoryWriter first = RocksHistoryWriter.open(folder)) {
            assertRefused(() -> RocksHistoryWriter.open(folder), ErrorCode.STORE_UNUSABLE, "locked");
            first.create("7", "app", Lsn.ZERO);
        }
        RocksHistoryWriter.open(folder).close();
    }

    /** For root no file is closed; one that cannot be opened for another reason is the same. */
    @Test
    void aLockThatCannotBeOpenedIsNotTakenForOneThatIsHeld() throws IOException {
        Files.createDirectory(folder.resolve("LOCK"));
        assertThatThrownBy(() -> RocksHistoryWriter.open(folder))
                .isInstanceOfSatisfying(RowbackException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNUSABLE);
                    assertThat(e.hint()).contains("chown -R");
                })
                .hasMessageContaining("cannot be opened");
    }

    @Test
    void thereIsNoStoreBeforeOneWasCreated() throws Exception {
        assertRefused(() -> RocksHistoryReader.open(folder.resolve("none")), ErrorCode.NO_STORE, "no store in");
        assertRefused(() -> RocksHistoryReader.open(folder), ErrorCode.NO_STORE, "no store in");
        // As RocksDB begins.
        Files.createFile(folder.resolve("MANIFEST-000001"));
        assertRefused(() -> RocksHistoryReader.open(folder), ErrorCode.NO_STORE, "no store in");
        // Then it makes one family after the other.
        try (Options options = new Options().setCreateIfMissing(true);
                RocksDB begun = RocksDB.open(options, folder.toString())) {
            assertRefused(() -> RocksHistoryReader.open(folder), ErrorCode.NO_STORE, "still being set up");
            assertThat(begun.isClosed()).isFalse();
        }
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            assertThat(writer.info().systemIdentifier()).isEmpty();
            assertRefused(() -> RocksHistoryReader.open(folder), ErrorCode.NO_STORE, "still being set up");
        }
    }

    /** For root, which tests may run as, no folder is closed; that it cannot tell what is there is the same. */
    @Test
    void aStoreThatIsClosedToTheAccountIsNotTakenForNone() throws IOException {
        Path loop = folder.resolve("loop");
        Files.createSymbolicLink(loop, loop);
        assertRefused(
                () -> RocksHistoryReader.open(loop.resolve("app")), ErrorCode.STORE_UNUSABLE, "may not look into");
    }

    @Test
    void aStoreOfAnotherFormatIsLeftAlone() throws Exception {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            writer.create("7", "app", Lsn.ZERO);
        }
        try (Database database = Database.open(folder);
                Write write = database.begin()) {
            write.seal(
                    Family.META,
                    Keys.meta("format"),
                    new ByteWriter().u32(Format.CURRENT + 1).toBytes());
            write.commit(Database.Durability.SYNCED);
        }
        String refusal = "the store has format " + (Format.CURRENT + 1);
        assertRefused(() -> RocksHistoryReader.open(folder), ErrorCode.STORE_UNUSABLE, refusal);
        assertRefused(() -> RocksHistoryWriter.open(folder), ErrorCode.STORE_UNUSABLE, refusal);
    }

    @Test
    void whatWasClosedIsRefusedInsteadOfCrashing() {
        RocksHistoryWriter writer = RocksHistoryWriter.open(folder);
        HistoryFixture history = new HistoryFixture(writer);
        history.commit(insert(row(users, "1")), insert(row(users, "2")));
        RocksHistoryReader reader = RocksHistoryReader.open(folder);
        Iterator<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX).iterator();
        changes.next();
        reader.close();
        reader.close();
        writer.close();
        writer.close();

        assertThatThrownBy(changes::next).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> reader.changes(Lsn.ZERO, Lsn.MAX)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> history.commit(insert(row(users, "3")))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aReaderStaysAtTheMomentItWasOpened() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture history = new HistoryFixture(writer);
            history.commit(insert(row(users, "1")));
            try (RocksHistoryReader reader = RocksHistoryReader.open(folder)) {
                history.commit(insert(row(users, "2")));
                try (Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX)) {
                    assertThat(changes).hasSize(1);
                }
            }
        }
    }

    private static void assertRefused(ThrowingCallable action, ErrorCode code, String message) {
        assertThatThrownBy(action).isInstanceOfSatisfying(RowbackException.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused).hasMessageContaining(message);
            assertThat(refused.hint()).isNotNull();
        });
    }
}
