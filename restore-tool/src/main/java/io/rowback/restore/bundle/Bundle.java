package io.rowback.restore.bundle;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.restore.live.Preview;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.PlanPrinter;
import io.rowback.restore.plan.Repair;
import io.rowback.restore.plan.RestorePlan;
import io.rowback.restore.plan.Reversal;
import io.rowback.restore.query.Tables;
import io.rowback.restore.sql.RowText;
import io.rowback.restore.sql.SqlWriter;
import io.rowback.restore.sql.VerifyScript;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A folder with everything about one restore. It appears whole or not at all, and only its owner can enter it: what it
 * holds are rows.
 */
public final class Bundle {
    private final Path folder;
    private final Map<String, String> sums = new TreeMap<>();

    private Bundle(Path folder) {
        this.folder = folder;
    }

    /** What is to be in a file. */
    @FunctionalInterface
    private interface Content {
        void writeTo(Writer out) throws IOException;
    }

    /**
     * Writes the bundle of a plan.
     *
     * @param folder does not exist, or is empty
     * @param preview what writing the plan would do in the live database that it was made for; null if it was made for none
     * @param ownersTables the tables of the rows to whom others belong, none for where foreign keys end
     * @throws RowbackException if {@code folder} is neither absent nor empty, or the plan cannot be taken back
     */
    public static void write(
            Path folder,
            RestorePlan plan,
            @Nullable Preview preview,
            HistoryReader reader,
            Tables tables,
            List<TableInfo> ownersTables)
            throws IOException {
        requireFree(folder);
        requireReversible(plan);
        Path parent = Objects.requireNonNull(folder.toAbsolutePath().getParent());
        Path unfinished = Files.createTempDirectory(parent, "." + folder.getFileName() + ".part");
        unfinished.toFile().deleteOnExit();
        try {
            new Bundle(unfinished)
                    .files(plan, preview, new Owners(reader, tables, ownersTables, plan.repairs()), tables);
            // Replaces an empty folder, and fails if it is not empty any more.
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            delete(unfinished);
            throw e;
        }
    }

    /**
     * Checks that a bundle can be written there.
     *
     * @throws RowbackException of code USAGE if something is there
     */
    public static void requireFree(Path folder) {
        try {
            if (Files.isDirectory(folder)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                    if (!files.iterator().hasNext()) {
                        return;
                    }
                }
            } else if (!Files.exists(folder)) {
                return;
            }
        } catch (IOException e) {
            throw new RowbackException(ErrorCode.FAILED, folder + " cannot be read: " + e.getMessage(), null, e);
        }
        throw new RowbackException(
                ErrorCode.USAGE, folder + " is not empty", "Name a folder that does not exist or is empty.");
    }

    /** A row of which the history does not know all could be deleted, but not put back again. */
    private static void requireReversible(RestorePlan plan) {
        for (Repair repair : plan.repairs()) {
            if (repair instanceof Repair.DeleteRow delete) {
                long known = delete.expected().size();
                long columns = delete.table().columns().stream()
                        .filter(column -> !column.generated())
                        .count();
                if (known < columns) {
                    throw new RowbackException(
                            ErrorCode.REFUSED,
                            RowText.name(delete.table(), delete.key())
                                    + " would be deleted, and the history does not know all of it to put it back again",
                            "Leave --ops insert out, or write the SQL alone with -o.");
                }
            }
        }
    }

    private void files(RestorePlan plan, @Nullable Preview preview, Owners owners, Tables tables) throws IOException {
        file("restore.sql", out -> SqlWriter.write(plan, out));
        file("undo-restore.sql", out -> SqlWriter.writeUndo(Reversal.of(plan), out));
        file("verify.sql", out -> VerifyScript.write(plan, out));
        file("affected.csv", out -> AffectedRows.write(plan.repairs(), owners, tables, out));
        file("report.md", out -> Report.write(plan, owners, tables, out));
        file("plan.json", out -> new PlanPrinter(new Output(out, new StringBuilder(), true, true), plan, preview)
                .document());
        Map<String, String> written = Map.copyOf(sums);
        file("SHA256SUMS", out -> {
            for (Map.Entry<String, String> sum : new TreeMap<>(written).entrySet()) {
                out.append(sum.getValue()).append("  ").append(sum.getKey()).append('\n');
            }
        });
    }

    private void file(String name, Content content) throws IOException {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        Path path = folder.resolve(name);
        // So that Ctrl-C leaves nothing: after the file its folder goes, which was noted earlier.
        path.toFile().deleteOnExit();
        try (OutputStream file = Files.newOutputStream(path);
                Writer out = new OutputStreamWriter(new DigestOutputStream(file, sha256), StandardCharsets.UTF_8)) {
            content.writeTo(out);
        }
        sums.put(name, HexFormat.of().formatHex(sha256.digest()));
    }

    private static void delete(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
