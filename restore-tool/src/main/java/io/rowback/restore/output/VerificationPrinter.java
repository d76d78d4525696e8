package io.rowback.restore.output;

import io.rowback.history.store.Verification;
import io.rowback.postgres.PrintableText;
import org.jspecify.annotations.Nullable;

/** Prints whether a store is sound. */
public final class VerificationPrinter {
    private final Output output;

    public VerificationPrinter(Output output) {
        this.output = output;
    }

    /**
     * Prints what was found.
     *
     * @param seed by which rows were drawn, null if the whole store was read
     */
    public void print(Verification verification, @Nullable Long seed) {
        if (output.json()) {
            output.document(new JsonObject()
                    .put("sound", verification.sound())
                    .put("opened", verification.opened())
                    .put("changes", verification.changes())
                    .put("transactions", verification.transactions())
                    .put("baseline_rows", verification.baselineRows())
                    .put("index_entries", verification.indexEntries())
                    .put("rows", verification.rows())
                    .put("seed", seed)
                    .put("unfinished_bytes", verification.unfinished())
                    .put("found", verification.found())
                    .putStrings("findings", verification.findings()));
            return;
        }
        verification.findings().forEach(finding -> output.line(PrintableText.oneLine(finding)));
        String verdict = verification.sound() ? "all sound" : verification.found() + " things are wrong";
        if (!verification.opened()) {
            output.line("the store cannot be opened, so its files were read, each by itself: " + verdict);
            return;
        }
        String read = verification.changes() + " changes, " + verification.transactions() + " transactions, "
                + verification.baselineRows() + " rows of baselines, " + verification.indexEntries()
                + " index entries";
        if (seed != null) {
            output.line("sample of " + verification.rows() + " rows, with all that is stored of each: " + read + ": "
                    + verdict);
            output.line("not looked at: all other rows, files as a whole, index entries that belong to nothing; --seed "
                    + seed + " draws the same rows again");
            return;
        }
        output.line(read + ": " + verdict);
        if (verification.unfinished() > 0) {
            output.note("note: the newest log ends in " + verification.unfinished()
                    + " bytes of a write that was not finished, as a fall of the machine leaves it: it was never"
                    + " acknowledged, so the server sends it again, and rowbackd's next start takes it away");
        }
        output.line(
                verification.rows() == 0 && !verification.sound()
                        ? "what each change found was not compared with what the history holds before it, since damage breaks that"
                        : "the changes of " + verification.rows()
                                + " rows were followed, each from what the one before had left");
    }
}
