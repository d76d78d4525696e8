package io.rowback.restore.output;

import io.rowback.postgres.PrintableText;
import java.io.Flushable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;

/**
 * Where answers go: results to standard output, either as text or as one JSON document a line; everything else to
 * standard error.
 */
public final class Output {
    private final Writer out;
    private final Appendable err;
    private final boolean json;
    private final boolean quiet;

    /**
     * Writes results to {@code out} and the rest to {@code err}.
     *
     * @param json whether results are JSON
     * @param quiet whether notes are left out
     */
    public Output(Writer out, Appendable err, boolean json, boolean quiet) {
        this.out = out;
        this.err = err;
        this.json = json;
        this.quiet = quiet;
    }

    /** Whether results are JSON. */
    public boolean json() {
        return json;
    }

    /** Where a result that is neither text nor a document goes, such as a script. */
    public Writer raw() {
        return out;
    }

    /** A line of a result. */
    public void line(String line) {
        write(line);
    }

    /** A result for programs. */
    public void document(JsonObject document) {
        write(document.text());
    }

    /** Something that an operator should know beside the result. Hidden characters are escaped. */
    public void note(String line) {
        if (!quiet) {
            error(line);
        }
    }

    /** Something that is said even when all else is quiet. Hidden characters are escaped. */
    public void error(String line) {
        try {
            err.append(PrintableText.oneLine(line)).append('\n');
            // A question on the terminal, or the end of the process, may come next.
            if (err instanceof Flushable buffered) {
                buffered.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hands over what was printed so far. */
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(String line) {
        try {
            out.append(line).append('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
