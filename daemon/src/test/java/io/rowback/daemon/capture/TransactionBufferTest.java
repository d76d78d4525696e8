package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.daemon.capture.PgOutputMessage.Begin;
import io.rowback.daemon.capture.PgOutputMessage.Commit;
import io.rowback.daemon.capture.PgOutputMessage.Insert;
import io.rowback.daemon.capture.PgOutputMessage.LogicalMessage;
import io.rowback.daemon.capture.PgOutputMessage.Origin;
import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.http.Health;
import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.MemoryHistory;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where transactions begin and end; what the rows in them become needs a catalog and is told by the integration tests. */
class TransactionBufferTest {
    private static final Instant TIME = Instant.parse("2026-05-01T10:00:00Z");
    private static final int UNCAPTURED = 16_385;

    private final MemoryHistory history = new MemoryHistory();
    private final Recorder recorder;
    private final TransactionBuffer buffer;

    TransactionBufferTest() {
        history.create("1", "app", new Lsn(100));
        recorder = new Recorder("test", history, new Health().progress("test"), () -> true, (batch, time) -> {});
        Connection none = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    throw new AssertionError("the catalog is asked for nothing");
                });
        Relations relations = new Relations(none, history, table -> false);
        buffer = new TransactionBuffer(relations, recorder, new TransactionId((1L << 32) + 10));
    }

    @AfterEach
    void close() {
        recorder.close();
    }

    @Test
    void transactionThatChangedNothingCapturedIsNotKeptButItsEndIsReached() throws Exception {
        take(begin(100), relation(), insert(), new Commit(new Lsn(100), new Lsn(110)));

        assertThat(transactions()).isEmpty();
        assertThat(recorder.durable()).isEqualTo(new Lsn(110));
    }

    @Test
    void transactionBelowTheStartWasStoredBefore() throws Exception {
        take(begin(99), annotation("again"), new Commit(new Lsn(99), new Lsn(110)));

        assertThat(transactions()).isEmpty();
        assertThat(recorder.durable()).isEqualTo(new Lsn(100));
    }

    @Test
    void annotationsAndOriginBelongToOneTransaction() throws Exception {
        take(begin(100), new Origin("far"), annotation("by alice"), new Commit(new Lsn(100), new Lsn(110)));
        take(begin(120), annotation("by bob"), new Commit(new Lsn(120), new Lsn(130)));

        assertThat(transactions())
                .extracting(Transaction::annotations)
                .containsExactly(List.of("by alice"), List.of("by bob"));
        assertThat(transactions()).extracting(Transaction::origin).containsExactly("far", null);
        assertThat(transactions()).extracting(Transaction::commit).containsExactly(new Lsn(100), new Lsn(120));
    }

    @Test
    void messageOutsideTheTransactionOrOfOthersOrEmptyIsNoAnnotation() throws Exception {
        take(
                message(false, "rowback", "not in it"),
                begin(100),
                message(false, "rowback", "not in it"),
                message(true, "other", "not ours"),
                annotation(""),
                new Commit(new Lsn(100), new Lsn(110)));

        assertThat(transactions()).isEmpty();
    }

    @Test
    void annotationsThatAreTooLongAreLeftOutAndSayThatTheyAre() throws Exception {
        take(begin(100), annotation("short"), annotation("x".repeat(70_000)), annotation("late"));
        take(new Commit(new Lsn(100), new Lsn(110)));

        assertThat(transactions()).singleElement().satisfies(transaction -> assertThat(transaction.annotations())
                .containsExactly("short", "(more annotations are left out: they would be over 65536 bytes)"));
    }

    @Test
    void idsAreOfTheEpochThatIsNearest() throws Exception {
        take(new Begin(new Lsn(100), TIME, -2), annotation("old"), new Commit(new Lsn(100), new Lsn(110)));
        take(new Begin(new Lsn(120), TIME, 9), annotation("new"), new Commit(new Lsn(120), new Lsn(130)));

        assertThat(transactions())
                .extracting(Transaction::id)
                .containsExactly(new TransactionId((1L << 32) - 2), new TransactionId((1L << 32) + 9));
    }

    @Test
    void streamThatMakesNoSenseIsRefused() throws Exception {
        assertThatThrownBy(() -> take(relation())).hasMessageContaining("outside a transaction");
        take(begin(100));
        assertThat(buffer.isOpen()).isTrue();
        assertThatThrownBy(() -> take(begin(120))).hasMessageContaining("within another");
        assertThatThrownBy(() -> take(new Commit(new Lsn(120), new Lsn(130)))).hasMessageContaining("ends as");
        assertThatThrownBy(() -> take(insert())).hasMessageContaining("did not describe");
    }

    private void take(PgOutputMessage... messages) throws Exception {
        for (PgOutputMessage message : messages) {
            buffer.accept(message, 10);
        }
        recorder.drain();
    }

    private List<Transaction> transactions() {
        try (Stream<Transaction> transactions = history.transactions(Lsn.ZERO, Lsn.MAX)) {
            return transactions.toList();
        }
    }

    private static Begin begin(long commit) {
        return new Begin(new Lsn(commit), TIME, 11);
    }

    private static LogicalMessage annotation(String text) {
        return message(true, "rowback", text);
    }

    private static LogicalMessage message(boolean transactional, String prefix, String text) {
        return new LogicalMessage(transactional, prefix, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Relation relation() {
        return new Relation(UNCAPTURED, "public", "t", ReplicaIdentity.DEFAULT, List.of());
    }

    private static Insert insert() {
        return new Insert(UNCAPTURED, List.of(ColumnValue.of("1")));
    }
}
