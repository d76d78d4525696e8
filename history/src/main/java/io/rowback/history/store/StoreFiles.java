package io.rowback.history.store;

import io.rowback.history.RowbackException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;

/** The files of a store that cannot be opened, which are verified each by itself. Used once. */
final class StoreFiles {
    private static final String SORTED = ".sst";

    private final Path directory;
    private final ObjLongConsumer<String> progress;
    private final Findings findings = new Findings();

    StoreFiles(Path directory, ObjLongConsumer<String> progress) {
        this.directory = directory;
        this.progress = progress;
    }

    /**
     * Tells what is damaged.
     *
     * @param refusal what kept the store from being opened; it is the only finding if every file by itself is sound
     */
    Verification verify(RowbackException refusal) {
        findings.survived(() -> StoreFolder.requireList(directory));
        Set<Long> listed = listed();
        long read = 0;
        // Without a list nobody knows which of those that are there are still needed.
        for (long number : listed.isEmpty() ? present() : listed) {
            verify(number);
            progress.accept("files", ++read);
        }
        int unfinished = RecordLog.verifyAll(directory, findings);
        if (findings.count() == 0) {
            findings.add(String.valueOf(refusal.getMessage()));
        }
        return new Verification(false, 0, 0, 0, 0, 0, unfinished, findings.told(), findings.count());
    }

    private void verify(long number) {
        Path file = directory.resolve("%06d".formatted(number) + SORTED);
        if (Files.notExists(file)) {
            // A writer beside us may have dropped it, but not while it is listed.
            if (listed().contains(number)) {
                findings.add(file.getFileName() + " is missing");
            }
            return;
        }
        try {
            SortedFiles.verify(file);
        } catch (RocksDBException e) {
            findings.add(file.getFileName() + " is damaged: " + e.getMessage());
        }
    }

    /** The numbers of the sorted files in RocksDB's list; none if that cannot be read, which is told by why it cannot be opened. */
    private Set<Long> listed() {
        try {
            return new TreeSet<>(FileList.of(directory).live(directory).keySet());
        } catch (IllegalStateException e) {
            return Set.of();
        }
    }

    private Set<Long> present() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("\\d+\\" + SORTED))
                    .map(name -> Long.parseLong(name.substring(0, name.length() - SORTED.length())))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
