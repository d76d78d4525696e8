package io.rowback.history.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * How far RocksDB's list of its files, the manifest that {@code CURRENT} names, has been written: each file that comes or
 * goes makes it longer, or another.
 */
record FileList(String manifest, long bytes) {
    /** What is no list, and never stands. */
    static final FileList NONE = new FileList("", 0);

    // Spelled out, as each command asks: the methods that a record is given take the JVM long to make.
    @Override
    public boolean equals(Object other) {
        return other instanceof FileList list && bytes == list.bytes && manifest.equals(list.manifest);
    }

    @Override
    public int hashCode() {
        return manifest.hashCode();
    }

    /** The list at this moment; {@link #NONE} if the writer is just replacing it. */
    static FileList of(Path directory) {
        try {
            String manifest = Files.readString(directory.resolve("CURRENT")).strip();
            return new FileList(manifest, Files.size(directory.resolve(manifest)));
        } catch (IOException e) {
            return NONE;
        }
    }

    /**
     * The numbers of the sorted files that are live by it, each with the number of its family; none where a writer has begun
     * another list, for which it has opened them all.
     *
     * @throws IllegalStateException as {@link Manifest#live} tells
     */
    Map<Long, Integer> live(Path directory) {
        try {
            return equals(NONE) ? Map.of() : Manifest.live(directory.resolve(manifest), bytes);
        } catch (IOException e) {
            return Map.of();
        }
    }

    /** Whether nothing has come or gone since. */
    boolean stands(Path directory) {
        return bytes > 0 && equals(of(directory));
    }
}
