package io.rowback.postgres;

import io.rowback.history.ColumnValue;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Reads and writes rows of COPY's text format, one line with its newline at a time, as raw bytes: a value's text is never
 * decoded or interpreted. UTF-8 has none of the format's special bytes inside a character.
 */
public final class CopyText {
    private static final byte[] NULL = {'\\', 'N'};

    private final int columns;

    /** A reader of rows with that many columns. */
    public CopyText(int columns) {
        this.columns = columns;
    }

    /**
     * The values of one row.
     *
     * @throws IllegalArgumentException if the line is not one row of that many columns
     */
    public List<ColumnValue> row(byte[] line) {
        if (line.length == 0 || line[line.length - 1] != '\n') {
            throw new IllegalArgumentException("a COPY row does not end with a newline");
        }
        ColumnValue[] values = new ColumnValue[columns];
        int start = 0;
        // A row of no columns is an empty line; any other holds one separator less than columns.
        for (int column = 0; column < columns; column++) {
            int end = start;
            boolean escaped = false;
            while (line[end] != '\t' && line[end] != '\n') {
                escaped |= line[end] == '\\';
                end++;
            }
            boolean last = line[end] == '\n';
            if (last != (column == columns - 1) || (last && end != line.length - 1)) {
                throw new IllegalArgumentException("a COPY row has not " + columns + " columns");
            }
            values[column] = value(line, start, end, escaped);
            start = end + 1;
        }
        return List.of(values);
    }

    /**
     * A row of these values as a line.
     *
     * @throws IllegalArgumentException if one of them is unknown
     */
    public static byte[] line(List<ColumnValue> row) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int i = 0; i < row.size(); i++) {
            if (i > 0) {
                line.write('\t');
            }
            if (row.get(i) instanceof ColumnValue.Text text) {
                write(text.utf8(), line);
            } else if (row.get(i).isNull()) {
                line.writeBytes(NULL);
            } else {
                throw new IllegalArgumentException("an unknown value has no text");
            }
        }
        line.write('\n');
        return line.toByteArray();
    }

    private static void write(byte[] text, ByteArrayOutputStream line) {
        for (byte next : text) {
            switch (next) {
                case '\\' -> line.writeBytes(new byte[] {'\\', '\\'});
                case '\t' -> line.writeBytes(new byte[] {'\\', 't'});
                case '\n' -> line.writeBytes(new byte[] {'\\', 'n'});
                case '\r' -> line.writeBytes(new byte[] {'\\', 'r'});
                default -> line.write(next);
            }
        }
    }

    private static ColumnValue value(byte[] line, int start, int end, boolean escaped) {
        if (!escaped) {
            return ColumnValue.of(Arrays.copyOfRange(line, start, end));
        }
        if (end - start == 2 && line[start + 1] == 'N') {
            return ColumnValue.Special.NULL;
        }
        byte[] text = new byte[end - start];
        int length = 0;
        for (int i = start; i < end; i++) {
            byte next = line[i];
            if (next == '\\') {
                i++;
                next = unescaped(i < end ? line[i] : 0);
            }
            text[length++] = next;
        }
        return ColumnValue.of(Arrays.copyOf(text, length));
    }

    private static byte unescaped(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'v' -> 0x0B;
            case '\\' -> '\\';
            // The server writes no other escape, and a guess could be wrong without anybody noticing.
            default -> throw new IllegalArgumentException("a COPY row holds an unknown escape, byte " + letter);
        };
    }
}
