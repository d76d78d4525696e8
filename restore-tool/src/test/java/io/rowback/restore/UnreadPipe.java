package io.rowback.restore;

import java.io.IOException;
import java.io.Writer;

/** A pipe that nobody reads any more. */
final class UnreadPipe extends Writer {
    @Override
    public void write(char[] characters, int offset, int length) throws IOException {
        throw new IOException("Broken pipe");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
