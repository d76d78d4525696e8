package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.TableId;
import io.rowback.history.TransactionId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The keys of every column family, and what is read back from them. FORMAT.md shows them byte by byte. */
final class Keys {
    /** The generation of all positions, in case LSNs should ever not be unique. */
    static final int GENERATION = 1;

    static final int POSITION_BYTES = 12;
    /**
     * Set in the number of a baseline row that was folded at the horizon. So rows of a baseline that was never completed,
     * which may lie between an older one and the horizon, are not taken for it.
     */
    private static final int FOLDED = 1 << 31;

    private static final int LSN_BYTES = 8;
    static final int EPOCH_BYTES = 2;
    static final int TABLE_BYTES = 6;
    private static final String DEFINITIONS = "ddl/";
    private static final String BEGUN = "begun/";
    static final int ATTRIBUTE_BYTES = 2;

    private Keys() {}

    static byte[] log(Position position) {
        return position(new ByteWriter().u16(GENERATION), position);
    }

    static byte[] log(Lsn from) {
        return log(new Position(from, 0));
    }

    /** Above every key of log and txns. */
    static byte[] endOfGeneration() {
        return new ByteWriter().u16(GENERATION + 1).toBytes();
    }

    static byte[] transaction(Lsn commit) {
        return new ByteWriter().u16(GENERATION).u64(commit.value()).toBytes();
    }

    static byte[] table(int epoch, TableId table) {
        return new ByteWriter().u16(epoch).u32(table.oid()).toBytes();
    }

    static byte[] tables(int epoch, TableId table, Position position) {
        return position(new ByteWriter().u16(epoch).u32(table.oid()), position);
    }

    /** All rows of {@link Family#ROWS} under one key of that table; without position a prefix. */
    static byte[] row(int epoch, TableId table, byte[] key) {
        return new ByteWriter().u16(epoch).u32(table.oid()).bytes(key).toBytes();
    }

    static byte[] row(int epoch, TableId table, byte[] key, Position position) {
        return position(new ByteWriter().u16(epoch).u32(table.oid()).bytes(key), position);
    }

    /** All rows of {@link Family#REFS} that refer to these values through the columns with these attribute numbers. */
    static byte[] reference(int epoch, TableId table, byte[] attributes, byte[] values) {
        return new ByteWriter()
                .u16(epoch)
                .u32(table.oid())
                .bytes(attributes)
                .bytes(values)
                .toBytes();
    }

    /** How a foreign key's columns are named in {@link Family#REFS}. */
    static byte[] attributes(Iterable<Integer> attnums) {
        ByteWriter out = new ByteWriter();
        int count = 0;
        for (int attnum : attnums) {
            out.u16(attnum);
            count++;
        }
        return new ByteWriter().u8(count).bytes(out.toBytes()).toBytes();
    }

    static byte[] xid(int epoch, long xid) {
        return new ByteWriter().u16(epoch).u32((int) xid).toBytes();
    }

    static byte[] xid(int epoch, TransactionId id, Lsn commit) {
        return new ByteWriter()
                .u16(epoch)
                .u32((int) id.xid())
                .u32((int) (id.value() >>> 32))
                .u64(commit.value())
                .toBytes();
    }

    /** Seconds since 1970 sort as signed numbers. */
    static byte[] time(int epoch, long second, Lsn commit) {
        return new ByteWriter()
                .u16(epoch)
                .u64(second ^ Long.MIN_VALUE)
                .u64(commit.value())
                .toBytes();
    }

    static long second(byte[] timeKey) {
        return new ByteReader(timeKey, EPOCH_BYTES, timeKey.length).u64() ^ Long.MIN_VALUE;
    }

    static byte[] epoch(int epoch) {
        return new ByteWriter().u16(epoch).toBytes();
    }

    static int epochOf(byte[] key) {
        return new ByteReader(key, 0, key.length).u16();
    }

    static byte[] baseline(TableId table) {
        return new ByteWriter().u32(table.oid()).toBytes();
    }

    /** A row of the baseline at the position's LSN, newest baseline first; its ordinal parts equal rows and is 0 where the table has a key. */
    static byte[] baseline(TableId table, byte[] key, Position place) {
        return new ByteWriter()
                .u32(table.oid())
                .bytes(key)
                .u64(~place.commit().value())
                .u32(place.ordinal())
                .toBytes();
    }

    static TableId tableOf(byte[] key) {
        return new TableId(new ByteReader(key, EPOCH_BYTES, key.length).u32());
    }

    static TableId baselineTable(byte[] key) {
        return new TableId(new ByteReader(key, 0, key.length).u32());
    }

    /** The baseline's LSN and the row's number among equal ones. */
    static Position baselinePlace(byte[] key) {
        Position inverted = position(key);
        return new Position(new Lsn(~inverted.commit().value()), inverted.ordinal());
    }

    /** The place of a folded row; equal ones have numbers from 1, and 0 tells that there is none. */
    static Position folded(Lsn horizon, int number) {
        return new Position(horizon, FOLDED | number);
    }

    static boolean isFolded(Position place) {
        return (place.ordinal() & FOLDED) != 0;
    }

    /** What all entries of baselines for one row begin with. */
    static byte[] baselineRow(TableId table, byte[] key) {
        return new ByteWriter().u32(table.oid()).bytes(key).toBytes();
    }

    /** The same of an entry's key. */
    static byte[] baselineRow(byte[] entry) {
        return Arrays.copyOf(entry, entry.length - POSITION_BYTES);
    }

    static byte[] schema(TableId table, long version) {
        return new ByteWriter().u32(table.oid()).u64(version).toBytes();
    }

    /** The version in a schema's key. */
    static long schemaVersion(byte[] key) {
        return new ByteReader(key, key.length - Long.BYTES, key.length).u64();
    }

    static byte[] definition(TableId table, Lsn commit) {
        return meta(DEFINITIONS, table, commit);
    }

    /** All annotations of DDL. */
    static KeyRange definitions() {
        return KeyRange.prefix(meta(DEFINITIONS));
    }

    /** A baseline that is not complete. */
    static byte[] begun(BegunBaseline baseline) {
        return meta(BEGUN, baseline.table(), baseline.at());
    }

    /** All of them. */
    static KeyRange begun() {
        return KeyRange.prefix(meta(BEGUN));
    }

    static BegunBaseline begun(byte[] key) {
        String name = new String(key, StandardCharsets.US_ASCII);
        int oid = Integer.parseUnsignedInt(name, BEGUN.length(), name.length() - 17, 10);
        return new BegunBaseline(new TableId(oid), metaLsn(key));
    }

    private static byte[] meta(String prefix, TableId table, Lsn lsn) {
        return meta(prefix + table + "/" + "%016x".formatted(lsn.value()));
    }

    /** The LSN at the end of the key of a definition or of a baseline that was begun. */
    static Lsn metaLsn(byte[] key) {
        String digits = new String(key, key.length - 16, 16, StandardCharsets.US_ASCII);
        return new Lsn(Long.parseUnsignedLong(digits, 16));
    }

    static byte[] meta(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    /** The position at the end of a key of log, rows, tables or refs. */
    static Position position(byte[] key) {
        ByteReader in = new ByteReader(key, key.length - POSITION_BYTES, key.length);
        return new Position(new Lsn(in.u64()), in.u32());
    }

    /** The LSN at the end of a key of txns, xids or times. */
    static Lsn lsn(byte[] key) {
        return new Lsn(new ByteReader(key, key.length - LSN_BYTES, key.length).u64());
    }

    /** What stands between a prefix of that length and the position. */
    static ByteReader beforePosition(byte[] key, int prefix) {
        return new ByteReader(key, prefix, key.length - POSITION_BYTES);
    }

    /** The first key above all keys that begin with {@code prefix}, which has a byte below 255. */
    static byte[] after(byte[] prefix) {
        int last = prefix.length - 1;
        while (prefix[last] == (byte) 0xFF) {
            last--;
        }
        byte[] after = Arrays.copyOf(prefix, last + 1);
        after[last]++;
        return after;
    }

    /** Orders keys of one family as if they were of one epoch. */
    static int compareWithoutEpoch(byte[] one, byte[] other) {
        return Arrays.compareUnsigned(one, EPOCH_BYTES, one.length, other, EPOCH_BYTES, other.length);
    }

    private static byte[] position(ByteWriter out, Position position) {
        return out.u64(position.commit().value()).u32(position.ordinal()).toBytes();
    }
}
