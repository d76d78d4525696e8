package io.rowback.history;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two tables and an empty history of them, whatever keeps it. */
abstract class ContractFixture {
    final TableSchema users = TableFixture.table("users")
            .column("id", "bigint")
            .column("name", "text")
            .key("id")
            .build();
    final TableSchema items = TableFixture.table("items")
            .column("user_id", "bigint")
            .column("code", "text")
            .column("note", "text")
            .key("user_id", "code")
            .foreignKey("user_id", users, ForeignKey.Action.CASCADE)
            .build();
    final ForeignKey toUsers = items.foreignKeys().get(0);

    HistoryWriter writer;
    HistoryFixture history;

    /** A new, empty history. */
    protected abstract HistoryWriter open();

    /** What is stored at this moment. */
    protected abstract HistoryReader read();

    @BeforeEach
    void create() {
        writer = open();
        history = new HistoryFixture(writer);
    }

    @AfterEach
    void close() {
        writer.close();
    }

    static List<RowImage> asOf(HistoryReader reader, TableSchema table, Lsn at) {
        TableInfo info = reader.tables().stream()
                .filter(one -> one.schema().id().equals(table.id()))
                .findFirst()
                .orElseThrow();
        return list(new TableTimeline(reader, info).asOf(at));
    }

    static Transaction transaction(Lsn commit, long id, Instant time) {
        Lsn end = new Lsn(commit.value() + 0x50);
        return new Transaction(commit, end, new TransactionId(id), time, null, Map.of(), List.of());
    }

    static List<Change> changes(HistoryReader reader) {
        return list(reader.changes(Lsn.ZERO, Lsn.MAX));
    }

    static <T> List<T> list(Stream<T> stream) {
        try (stream) {
            return stream.toList();
        }
    }
}
