package io.rowback.history.store;

import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.Change;
import io.rowback.history.ForeignKey;
import io.rowback.history.HistoryWriter.Batch;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.RowImage;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.TransactionId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds FORMAT.md to its word: the example there is, byte for byte, what a store with that content holds. */
class FormatTest {
    private static final Path DOCUMENT = Path.of("FORMAT.md");
    private static final String BEGIN = "<!-- example -->";
    private static final String END = "<!-- end of example -->";

    @TempDir
    private Path folder;

    @Test
    void theExampleIsWhatTheStoreHolds() throws Exception {
        write();

        assertThat(stored()).isEqualTo(documented());
    }

    private void write() {
        TableSchema users = TableFixture.table("users")
                .oid(16385)
                .column("id", "bigint")
                .key("id")
                .build();
        TableSchema notes = TableFixture.table("notes")
                .oid(16390)
                .column("id", "bigint")
                .column("user_id", "bigint")
                .column("body", "text")
                .key("id")
                .identity(ReplicaIdentity.FULL)
                .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
                .build();
        RowImage before = row(notes, "7", "42", "hi");
        RowImage after = row(notes, "7", "42", null);
        Lsn commit = Lsn.parse("0/16B3748");
        Lsn end = Lsn.parse("0/16B3790");
        Change change = new Change(new Position(commit, 0), Operation.UPDATE, notes, before, after);
        Transaction transaction = new Transaction(
                commit,
                end,
                new TransactionId(742),
                Instant.parse("2026-01-01T00:00:00.5Z"),
                null,
                Map.of(notes.id(), Counts.NONE.plus(Operation.UPDATE)),
                List.of("by hand"));
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            Lsn start = Lsn.parse("0/16B3000");
            writer.create("7000000000000000001", "app", start);
            writer.baseline(start, List.of(before));
            writer.covered(notes, start, Instant.parse("2026-01-01T00:00:00Z"), 1);
            writer.append(new Batch(List.of(change), List.of(transaction), end));
            writer.sampled(List.of(new SequenceSample(
                    new TableId(16389),
                    new TableName("public", "notes_id_seq"),
                    new SequenceSample.Owner(notes.id(), "id"),
                    end,
                    Instant.parse("2026-01-01T00:00:01Z"),
                    1,
                    1,
                    1,
                    7L,
                    false)));
        }
    }

    /** Each line of the example: the family, the key and the value, with JSON and ASCII names as text. */
    private static Map<String, String> documented() throws IOException {
        String document = Files.readString(DOCUMENT);
        String example = document.substring(document.indexOf(BEGIN) + BEGIN.length(), document.indexOf(END));
        Map<String, String> lines = new LinkedHashMap<>();
        example.lines().filter(line -> line.startsWith("    ")).forEach(line -> {
            String[] parts = line.strip().split(" ", 3);
            lines.put(parts[0] + " " + parts[1], parts.length > 2 ? parts[2] : "");
        });
        return lines;
    }

    private Map<String, String> stored() throws Exception {
        Map<String, String> lines = new LinkedHashMap<>();
        try (Database database = Database.open(folder)) {
            for (Family family : Family.values()) {
                try (Cursor cursor = database.cursor(family, KeyRange.ALL)) {
                    while (cursor.next()) {
                        String key = family == Family.META
                                ? new String(cursor.key(), StandardCharsets.US_ASCII)
                                : hex(cursor.key());
                        lines.put(family + " " + key, value(cursor.value()));
                    }
                }
            }
        }
        return lines;
    }

    private static String value(byte[] value) {
        if (value.length > 4 && (value[4] == '{' || value[4] == '[')) {
            return hex(value).substring(0, 8) + " " + new String(value, 4, value.length - 4, StandardCharsets.UTF_8);
        }
        return hex(value);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
