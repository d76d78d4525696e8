package io.rowback.daemon.capture;

import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.ReplicaIdentity;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message of the logical replication protocol, version 1. Relations are named by oid. */
sealed interface PgOutputMessage {
    /** A transaction begins whose commit record is at {@code commit}; it is sent only once it has committed. */
    record Begin(Lsn commit, Instant time, int xid) implements PgOutputMessage {}

    /** The transaction ends; {@code end} is just behind its commit record. */
    record Commit(Lsn commit, Lsn end) implements PgOutputMessage {}

    /** The transaction came from another server. */
    record Origin(String name) implements PgOutputMessage {}

    /** What a relation looks like from here on. */
    record Relation(int oid, String schema, String name, ReplicaIdentity identity, List<RelationColumn> columns)
            implements PgOutputMessage {}

    /** A published column; {@code key} if it belongs to the replica identity. */
    record RelationColumn(boolean key, String name, int typeOid, int typmod) {}

    /** The name of a type that a relation uses; of no use here, since the catalog names types better. */
    record Type(int oid) implements PgOutputMessage {}

    /** A new row. */
    record Insert(int relation, List<ColumnValue> after) implements PgOutputMessage {}

    /**
     * A row changed.
     *
     * @param before null if the replica identity's columns did not change and the identity is not FULL
     * @param after the new row; a TOAST value that did not change is taken from a full old row, else unknown
     */
    record Update(int relation, @Nullable OldRow before, List<ColumnValue> after) implements PgOutputMessage {}

    /** A row is gone. */
    record Delete(int relation, OldRow before) implements PgOutputMessage {}

    /**
     * An old row as the log has it.
     *
     * @param full whether all columns count; else only those of the replica identity do, and the others are sent as NULL
     */
    record OldRow(boolean full, List<ColumnValue> values) {}

    /** All rows of these relations are gone. */
    record Truncate(List<Integer> relations) implements PgOutputMessage {}

    /**
     * What {@code pg_logical_emit_message} wrote.
     *
     * @param content a part of the stream's buffer, so that a large message of somebody else's costs nothing
     */
    record LogicalMessage(boolean transactional, String prefix, ByteBuffer content) implements PgOutputMessage {}
}
