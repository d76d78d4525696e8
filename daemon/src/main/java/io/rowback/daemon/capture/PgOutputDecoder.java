package io.rowback.daemon.capture;

import io.rowback.daemon.capture.PgOutputMessage.Begin;
import io.rowback.daemon.capture.PgOutputMessage.Commit;
import io.rowback.daemon.capture.PgOutputMessage.Delete;
import io.rowback.daemon.capture.PgOutputMessage.Insert;
import io.rowback.daemon.capture.PgOutputMessage.LogicalMessage;
import io.rowback.daemon.capture.PgOutputMessage.OldRow;
import io.rowback.daemon.capture.PgOutputMessage.Origin;
import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.daemon.capture.PgOutputMessage.RelationColumn;
import io.rowback.daemon.capture.PgOutputMessage.Truncate;
import io.rowback.daemon.capture.PgOutputMessage.Update;
import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.ReplicaIdentity;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads pgoutput's bytes. Values stay the bytes that Postgres printed. What the protocol does not allow, or allows only
 * where it was asked for, is refused: a value that is skipped or guessed would be a hole in the history.
 */
final class PgOutputDecoder {
    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final int KEY_COLUMN = 1;
    private static final int TRANSACTIONAL = 1;

    /**
     * The message that the buffer holds from its position to its limit.
     *
     * @throws IllegalArgumentException if it is none
     */
    PgOutputMessage decode(ByteBuffer in) {
        char kind = (char) in.get();
        try {
            PgOutputMessage message = decode(kind, in);
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " bytes too many in message " + kind);
            }
            return message;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("message " + kind + " ends early", e);
        }
    }

    private static PgOutputMessage decode(char kind, ByteBuffer in) {
        return switch (kind) {
            case 'I' -> insert(in);
            case 'U' -> update(in);
            case 'D' -> delete(in);
            case 'B' -> new Begin(lsn(in), time(in), in.getInt());
            case 'C' -> commit(in);
            case 'R' -> relation(in);
            case 'T' -> truncate(in);
            case 'M' -> logicalMessage(in);
            case 'O' -> origin(in);
            case 'Y' -> type(in);
            default -> throw new IllegalArgumentException("unknown message " + kind);
        };
    }

    private static Commit commit(ByteBuffer in) {
        in.get(); // Flags: none is defined.
        Commit commit = new Commit(lsn(in), lsn(in));
        time(in); // Begin has said it already.
        return commit;
    }

    private static Origin origin(ByteBuffer in) {
        lsn(in); // The commit's position in the log of the other server.
        return new Origin(string(in));
    }

    private static Relation relation(ByteBuffer in) {
        int oid = in.getInt();
        String schema = string(in);
        String name = string(in);
        ReplicaIdentity identity = ReplicaIdentity.of((char) in.get());
        int count = Short.toUnsignedInt(in.getShort());
        List<RelationColumn> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            boolean key = (in.get() & KEY_COLUMN) != 0;
            columns.add(new RelationColumn(key, string(in), in.getInt(), in.getInt()));
        }
        // The protocol abbreviates the system schema.
        return new Relation(oid, schema.isEmpty() ? "pg_catalog" : schema, name, identity, List.copyOf(columns));
    }

    private static PgOutputMessage.Type type(ByteBuffer in) {
        PgOutputMessage.Type type = new PgOutputMessage.Type(in.getInt());
        string(in);
        string(in);
        return type;
    }

    private static Insert insert(ByteBuffer in) {
        int relation = in.getInt();
        expect('N', (char) in.get());
        return new Insert(relation, row(in, null));
    }

    private static Update update(ByteBuffer in) {
        int relation = in.getInt();
        char tuple = (char) in.get();
        if (tuple == 'N') {
            return new Update(relation, null, row(in, null));
        }
        OldRow before = oldRow(tuple, in);
        expect('N', (char) in.get());
        return new Update(relation, before, row(in, before.full() ? before.values() : null));
    }

    private static Delete delete(ByteBuffer in) {
        int relation = in.getInt();
        return new Delete(relation, oldRow((char) in.get(), in));
    }

    private static OldRow oldRow(char tuple, ByteBuffer in) {
        if (tuple != 'K' && tuple != 'O') {
            throw new IllegalArgumentException("unknown tuple " + tuple);
        }
        return new OldRow(tuple == 'O', row(in, null));
    }

    private static List<ColumnValue> row(ByteBuffer in, @Nullable List<ColumnValue> old) {
        ColumnValue[] values = new ColumnValue[Short.toUnsignedInt(in.getShort())];
        for (int i = 0; i < values.length; i++) {
            char form = (char) in.get();
            values[i] = switch (form) {
                case 't' -> ColumnValue.of(bytes(in));
                case 'n' -> ColumnValue.Special.NULL;
                case 'u' -> old == null ? ColumnValue.Special.UNKNOWN : old.get(i);
                // Binary values come only if asked for.
                default -> throw new IllegalArgumentException("unknown form of a value " + form);
            };
        }
        return List.of(values);
    }

    private static Truncate truncate(ByteBuffer in) {
        int count = in.getInt();
        in.get(); // CASCADE and RESTART IDENTITY: every relation concerned is named, and sequences are not captured.
        List<Integer> relations = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            relations.add(in.getInt());
        }
        return new Truncate(List.copyOf(relations));
    }

    private static LogicalMessage logicalMessage(ByteBuffer in) {
        boolean transactional = (in.get() & TRANSACTIONAL) != 0;
        lsn(in); // Where the message stands in the log.
        return new LogicalMessage(transactional, string(in), part(in));
    }

    private static void expect(char expected, char found) {
        if (found != expected) {
            throw new IllegalArgumentException("tuple " + found + " where " + expected + " should be");
        }
    }

    private static Lsn lsn(ByteBuffer in) {
        return new Lsn(in.getLong());
    }

    private static Instant time(ByteBuffer in) {
        return POSTGRES_EPOCH.plus(in.getLong(), ChronoUnit.MICROS);
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[length(in)];
        in.get(bytes);
        return bytes;
    }

    private static ByteBuffer part(ByteBuffer in) {
        int length = length(in);
        ByteBuffer part = in.slice(in.position(), length);
        in.position(in.position() + length);
        return part;
    }

    private static int length(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        return length;
    }

    private static String string(ByteBuffer in) {
        int start = in.position();
        while (in.get() != 0) {
            // Find the zero byte that ends it.
        }
        byte[] bytes = new byte[in.position() - 1 - start];
        in.get(start, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
