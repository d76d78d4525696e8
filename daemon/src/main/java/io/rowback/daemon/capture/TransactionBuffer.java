package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.Begin;
import io.rowback.daemon.capture.PgOutputMessage.Commit;
import io.rowback.daemon.capture.PgOutputMessage.Delete;
import io.rowback.daemon.capture.PgOutputMessage.Insert;
import io.rowback.daemon.capture.PgOutputMessage.LogicalMessage;
import io.rowback.daemon.capture.PgOutputMessage.OldRow;
import io.rowback.daemon.capture.PgOutputMessage.Origin;
import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.Truncate;
import io.rowback.daemon.capture.PgOutputMessage.Update;
import io.rowback.daemon.tables.LargeRow;
import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.Operation;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import io.rowback.history.TransactionId;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers the changes of the transaction that the stream is sending and hands them to the recorder, large transactions
 * in parts. A change's ordinal counts every row that the server sent since BEGIN, captured or not, so that it is the
 * same when the transaction is sent again. Confined to the capture thread.
 */
final class TransactionBuffer {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionBuffer.class);

    private static final int CHANGES_MAX = 1_000;
    private static final long BYTES_MAX = 8L << 20;
    private static final int ANNOTATION_BYTES_MAX = 64 << 10;
    private static final String ANNOTATIONS_LEFT_OUT =
            "(more annotations are left out: they would be over " + ANNOTATION_BYTES_MAX + " bytes)";
    private static final String ANNOTATION_PREFIX = "rowback";

    private final Relations relations;
    private final Recorder recorder;
    /** Transactions that committed below were stored before. */
    private final Lsn start;

    private TransactionId lastId;
    private @Nullable Begin open;
    private @Nullable String origin;
    private boolean skipping;
    private int ordinal;
    /** The size of the message that is being taken. */
    private int size;

    private List<Change> changes = new ArrayList<>();
    private long bytes;
    private Map<TableId, Transaction.Counts> counts = new HashMap<>();
    private List<String> annotations = new ArrayList<>();
    private int annotationBytes;

    TransactionBuffer(Relations relations, Recorder recorder, TransactionId recentId) {
        this.relations = relations;
        this.recorder = recorder;
        this.start = recorder.durable();
        this.lastId = recentId;
    }

    /** Whether the stream is between BEGIN and COMMIT. */
    boolean isOpen() {
        return open != null;
    }

    /** The commit of the transaction that the stream is in, or null. */
    @Nullable
    Lsn openCommit() {
        return open == null ? null : open.commit();
    }

    /** Takes the next message of the stream, which came in {@code size} bytes; may wait for the recorder. */
    void accept(PgOutputMessage message, int size) throws SQLException, InterruptedException {
        this.size = size;
        if (message instanceof Insert insert) {
            insert(insert);
        } else if (message instanceof Update update) {
            update(update);
        } else if (message instanceof Delete delete) {
            delete(delete);
        } else if (message instanceof Begin begin) {
            begin(begin);
        } else if (message instanceof Commit commit) {
            commit(commit);
        } else if (message instanceof Relation relation) {
            relations.define(relation, requireOpen().commit());
        } else if (message instanceof Truncate truncate) {
            truncate(truncate);
        } else if (message instanceof LogicalMessage logical) {
            annotate(logical);
        } else if (message instanceof Origin from) {
            origin = from.name();
        }
        bytes += size;
        if (changes.size() >= CHANGES_MAX || (bytes >= BYTES_MAX && !changes.isEmpty())) {
            recorder.add(changes, bytes);
            changes = new ArrayList<>();
            bytes = 0;
        }
    }

    private void begin(Begin begin) throws SQLException {
        if (open != null) {
            throw new IllegalStateException("a transaction begins within another at " + begin.commit());
        }
        open = begin;
        lastId = TransactionId.widen(begin.xid(), lastId);
        skipping = begin.commit().isBefore(start);
        ordinal = 0;
        bytes = 0;
        relations.begin(begin.commit());
    }

    private void commit(Commit commit) throws InterruptedException {
        Begin begin = requireOpen();
        if (!begin.commit().equals(commit.commit())) {
            throw new IllegalStateException("transaction " + begin.commit() + " ends as " + commit.commit());
        }
        boolean empty = counts.isEmpty() && annotations.isEmpty();
        Transaction transaction = empty
                ? null
                : new Transaction(commit.commit(), commit.end(), lastId, begin.time(), origin, counts, annotations);
        if (!skipping) {
            recorder.add(changes, bytes, transaction, commit.end());
        }
        open = null;
        origin = null;
        changes = new ArrayList<>();
        counts = new HashMap<>();
        annotations = new ArrayList<>();
        annotationBytes = 0;
    }

    private void insert(Insert insert) {
        CapturedRelation relation = relations.get(insert.relation());
        if (relation != null) {
            add(relation, Operation.INSERT, null, relation.image(insert.after()));
        }
        ordinal++;
    }

    private void update(Update update) {
        CapturedRelation relation = relations.get(update.relation());
        if (relation != null) {
            List<ColumnValue> row = update.after();
            OldRow old = update.before();
            RowImage after = relation.after(old, row);
            add(relation, Operation.UPDATE, relation.before(old, after), after);
        }
        ordinal++;
    }

    private void delete(Delete delete) {
        CapturedRelation relation = relations.get(delete.relation());
        if (relation != null) {
            add(relation, Operation.DELETE, relation.before(delete.before(), null), null);
        }
        ordinal++;
    }

    private void truncate(Truncate truncate) {
        for (int oid : truncate.relations()) {
            CapturedRelation relation = relations.get(oid);
            if (relation != null) {
                add(relation, Operation.TRUNCATE, null, null);
            }
            ordinal++;
        }
    }

    private void add(
            CapturedRelation relation, Operation operation, @Nullable RowImage before, @Nullable RowImage after) {
        Lsn commit = requireOpen().commit();
        if (skipping) {
            return;
        }
        requireRoom(commit);
        if ((before != null && !relation.hasKey(before)) || (after != null && !relation.hasKey(after))) {
            relations.drop(relation, commit);
            return;
        }
        changes.add(new Change(new Position(commit, ordinal), operation, relation.schema(), before, after));
        counts.merge(
                relation.schema().id(), Transaction.Counts.NONE.plus(operation), (sum, one) -> sum.plus(operation));
    }

    private void requireRoom(Lsn commit) {
        if (!LargeRow.fits(size)) {
            throw new RowbackException(
                    ErrorCode.FAILED,
                    LargeRow.refusal(size) + ": the transaction that commits at LSN " + commit + " has it",
                    "Either " + LargeRow.mend(size) + ", or rowbackd skip " + commit
                            + " gives this transaction up; the gap is recorded and every table read anew.");
        }
    }

    private void annotate(LogicalMessage message) {
        if (!message.transactional() || !message.prefix().equals(ANNOTATION_PREFIX) || skipping) {
            return;
        }
        // An empty one says nothing, and no limit of bytes holds any number of them.
        if (annotationBytes > ANNOTATION_BYTES_MAX || !message.content().hasRemaining()) {
            return;
        }
        annotationBytes += message.content().remaining();
        if (annotationBytes > ANNOTATION_BYTES_MAX) {
            LOG.warn(
                    "annotations of the transaction at {} are left out: too long",
                    requireOpen().commit());
            annotations.add(ANNOTATIONS_LEFT_OUT);
        } else {
            annotations.add(StandardCharsets.UTF_8.decode(message.content()).toString());
        }
    }

    private Begin requireOpen() {
        if (open == null) {
            throw new IllegalStateException("the stream sends changes outside a transaction");
        }
        return open;
    }
}
