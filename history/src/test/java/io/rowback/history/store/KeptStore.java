package io.rowback.history.store;

import static io.rowback.history.HistoryFixture.delete;
import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.HistoryFixture.truncate;
import static io.rowback.history.HistoryFixture.update;
import static io.rowback.history.TableFixture.UNKNOWN;
import static io.rowback.history.TableFixture.row;

import io.rowback.history.ForeignKey;
import io.rowback.history.Gap;
import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.NotCovered;
import io.rowback.history.Published;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.RowImage;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Timeline;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * The small history that is kept as a store of each format, and the archives that hold it. What is played is never
 * changed, since the archives of formats of old hold exactly that.
 */
final class KeptStore {
    private static final int EPOCH_BYTES = 60;

    private static final TableSchema USERS = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .column("bio", "text")
            .key("id")
            .identity(ReplicaIdentity.DEFAULT)
            .build();
    private static final TableSchema NOTES = TableFixture.table("notes")
            .column("code", "text")
            .column("user_id", "bigint")
            .key("code")
            .foreignKey("user_id", USERS, ForeignKey.Action.CASCADE)
            .build();
    private static final TableSchema EVENTS =
            TableFixture.table("events").column("what", "text").build();

    private KeptStore() {}

    /** Inserts, updates with unchanged TOAST values, changes of keys, equal rows, a TRUNCATE, DDL, a gap and samples. */
    static void play(HistoryWriter writer) {
        HistoryFixture history = new HistoryFixture(writer);
        writer.follow(List.of(new Timeline(1, Lsn.ZERO)));
        RowImage ann = row(USERS, "1", "ann", "long");
        history.baseline(USERS, ann, row(USERS, "2", "bob", null));
        history.baseline(NOTES, row(NOTES, "a", "1"), row(NOTES, "b", "2"));
        history.baseline(EVENTS, row(EVENTS, "in"), row(EVENTS, "in"), row(EVENTS, "out"));
        writer.published(new Published(history.here(), List.of(new Published.Member(USERS.id(), "7"))));
        history.commit(List.of("by hand"), update(ann, row(USERS, "1", "anna", UNKNOWN)));
        history.commit(insert(row(USERS, "3", "joe", "x")), insert(row(NOTES, "c", "3")), delete(row(EVENTS, "in")));
        history.commit(update(row(USERS, "3", "joe", "x"), row(USERS, "30", "joe", UNKNOWN)));
        history.commit(truncate(NOTES));
        history.commit(
                List.of("{\"ddl\": \"ALTER TABLE\", \"table\": \"" + USERS.id() + "\"}"),
                delete(row(USERS, "2", "bob", null)),
                insert(row(NOTES, "d", "1")),
                insert(row(EVENTS, "out")));
        Lsn lost = history.here();
        writer.gap(new Gap(
                lost, new Lsn(lost.value() + 16), history.now(), history.now().plusSeconds(1), "lost"));
        history.commit(insert(row(NOTES, "e", "30")));
        history.baseline(NOTES, row(NOTES, "d", "1"), row(NOTES, "e", "30"));
        history.commit(update(row(NOTES, "d", "1"), row(NOTES, "f", "1")));
        writer.sampled(List.of(new SequenceSample(
                new TableId(9),
                new TableName("public", "s"),
                null,
                history.here(),
                history.now(),
                1,
                1,
                1,
                7L,
                false)));
        writer.notCovered(List.of(new NotCovered(new TableName("public", "mv"), "a materialized view", null)));
    }

    /** Every table that {@link #play} has rows of. */
    static List<TableSchema> tables() {
        return List.of(EVENTS, NOTES, USERS);
    }

    /** The name of the resource that holds a store of that format. */
    static String archive(int format) {
        return "store-format-" + format + ".zip";
    }

    /** Plays it into a store of today's format, drops the oldest part, and packs that. */
    static void pack(Path folder, Path archive) {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder, EPOCH_BYTES)) {
            play(writer);
            writer.published(new Published(writer.info().durable(), List.of()));
            writer.forget(Lsn.MAX);
        }
        try (Stream<Path> files = Files.list(folder);
                ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                // RocksDB's own messages and lock are no part of a store.
                if (!name.startsWith("LOG") && !name.equals("LOCK")) {
                    zip.putNextEntry(new ZipEntry(name));
                    Files.copy(file, zip);
                    zip.closeEntry();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Unpacks a kept store. */
    static void unpack(int format, Path folder) {
        try (InputStream archive = KeptStore.class.getResourceAsStream("/" + archive(format));
                ZipInputStream zip = new ZipInputStream(archive)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Files.copy(zip, folder.resolve(entry.getName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
