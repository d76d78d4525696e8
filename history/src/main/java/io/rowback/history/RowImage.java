package io.rowback.history;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row at some moment: one value for each column of its schema, by index. */
public record RowImage(TableSchema schema, List<ColumnValue> values) {
    public RowImage {
        values = values instanceof PackedValues ? values : List.copyOf(values);
        if (values.size() != schema.columns().size()) {
            throw new IllegalArgumentException("table " + schema.name() + " has "
                    + schema.columns().size() + " columns, the image " + values.size());
        }
    }

    // Spelled out, as each command asks: the methods that a record is given take the JVM long to make.
    @Override
    @SuppressWarnings("ReferenceEquality") // Nearly always it is the same one.
    public boolean equals(Object other) {
        return other instanceof RowImage image
                && (schema == image.schema || schema.equals(image.schema))
                && values.equals(image.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    /** The same image in less memory, which takes longer to read: for those that are kept in large numbers. */
    public RowImage packed() {
        return new RowImage(schema, PackedValues.of(values));
    }

    /** The value of a column; unknown if the schema has no such column. */
    public ColumnValue value(String column) {
        int index = schema.indexOf(column);
        return index < 0 ? ColumnValue.Special.UNKNOWN : values.get(index);
    }

    /** Whether every column that the stream carries is known. */
    public boolean complete() {
        if (values instanceof PackedValues packed && packed.known()) {
            return true;
        }
        Iterator<ColumnValue> each = values.iterator();
        for (Column column : schema.columns()) {
            if (each.next().isUnknown() && column.published()) {
                return false;
            }
        }
        return true;
    }

    /**
     * The row's key, or null while a key column is unknown. In a table without a key it is a fingerprint of all values,
     * equal for equal rows: the first half of a SHA-256 in the form of a uuid.
     */
    public @Nullable RowKey key() {
        if (!schema.hasKey()) {
            return fingerprint();
        }
        List<String> key = new ArrayList<>(schema.key().size());
        for (String column : schema.key()) {
            if (!(value(column) instanceof ColumnValue.Text text)) {
                return null;
            }
            key.add(text.text());
        }
        return new RowKey(key);
    }

    /** Without generated columns, which follow from the others and are not in the stream of every server. */
    private @Nullable RowKey fingerprint() {
        MessageDigest digest = sha256();
        ByteBuffer head = ByteBuffer.allocate(2 * Integer.BYTES);
        Iterator<ColumnValue> each = values.iterator();
        for (Column column : schema.columns()) {
            ColumnValue value = each.next();
            if (column.generated() || value.isNull()) {
                continue;
            }
            if (!(value instanceof ColumnValue.Text text)) {
                return null;
            }
            digest.update(head.clear()
                    .putInt(column.attnum())
                    .putInt(text.utf8().length)
                    .flip());
            digest.update(text.utf8());
        }
        ByteBuffer hash = ByteBuffer.wrap(digest.digest());
        return RowKey.of(new UUID(hash.getLong(), hash.getLong()).toString());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** This row as another version of its table has it; unknown where it has no such column. */
    public RowImage in(TableSchema version) {
        int columns = version.columns().size();
        return new RowImage(version, Collections.nCopies(columns, ColumnValue.Special.UNKNOWN)).filledFrom(this);
    }

    /**
     * This image with every unknown column taken from the same column of {@code older}, where that has it. Not a column that
     * the stream does not carry: it was computed anew when the row was written.
     */
    public RowImage filledFrom(@Nullable RowImage older) {
        if (older == null || complete()) {
            return this;
        }
        List<ColumnValue> known = List.copyOf(older.values);
        List<ColumnValue> filled = new ArrayList<>(values);
        for (int i = 0; i < filled.size(); i++) {
            if (filled.get(i).isUnknown() && schema.columns().get(i).published()) {
                int same = older.schema.indexOfSame(schema.columns().get(i));
                filled.set(i, same < 0 ? ColumnValue.Special.UNKNOWN : known.get(same));
            }
        }
        return new RowImage(schema, filled);
    }

    /** The columns of this image that {@code other} has as well, with values that are both known and not the same. */
    public List<Column> contradictions(RowImage other) {
        List<Column> differing = new ArrayList<>();
        List<ColumnValue> unpacked = List.copyOf(other.values);
        Iterator<ColumnValue> each = values.iterator();
        for (Column column : schema.columns()) {
            ColumnValue ours = each.next();
            int same = other.schema.indexOfSame(column);
            ColumnValue theirs = same < 0 ? ColumnValue.Special.UNKNOWN : unpacked.get(same);
            if (!theirs.isUnknown() && !ours.isUnknown() && !theirs.equals(ours)) {
                differing.add(column);
            }
        }
        return differing;
    }

    /** The first of these rows that this image, as far as it is known, may be one of. */
    public Optional<RowImage> among(List<RowImage> rows) {
        return rows.stream().filter(row -> contradictions(row).isEmpty()).findFirst();
    }

    /**
     * This image with the values of those columns alone that are the same in that version of the table, and whose names are
     * not those of others there.
     */
    RowImage certainIn(TableSchema version) {
        List<ColumnValue> certain = new ArrayList<>(values);
        for (int i = 0; i < certain.size(); i++) {
            int same = version.indexOfSame(schema.columns().get(i));
            int named = version.indexOf(schema.columns().get(i).name());
            if (same < 0 || (named >= 0 && named != same)) {
                certain.set(i, ColumnValue.Special.UNKNOWN);
            }
        }
        return new RowImage(schema, certain);
    }
}
