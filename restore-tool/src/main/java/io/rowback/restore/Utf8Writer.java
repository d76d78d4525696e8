package io.rowback.restore;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Writes long strings as UTF-8. A string holds ASCII as bytes, which are copied here; the writers of the JDK make each of them
 * a character first and encode that.
 */
final class Utf8Writer extends Writer {
    /** So many characters are encoded at once: a value may take a gigabyte. */
    private static final int PIECE = 1 << 16;

    private final OutputStream out;

    Utf8Writer(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
        int end = from + length;
        for (int at = from; at < end; ) {
            int next = Math.min(end, at + PIECE);
            // The two halves of a character stay together.
            next += next < end && Character.isHighSurrogate(text.charAt(next - 1)) ? 1 : 0;
            out.write(text.substring(at, next).getBytes(StandardCharsets.UTF_8));
            at = next;
        }
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        write(new String(text, from, length));
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
