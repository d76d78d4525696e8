package io.rowback.daemon.tables;

/** What a row takes of the heap on its way to the store. What does not fit is refused by name before it ends the JVM. */
public final class LargeRow {
    /** A row of more bytes is alone in the heap while it is taken in. */
    public static final int ALONE = 64 << 20;

    /** As it was sent, its values, the record of them, the batch that has that, and what RocksDB is handed. */
    private static final int COPIES = 5;

    private static final long SMALL = 8L << 20;
    private static final long REST = 160L << 20;
    private static final long HEAP = Runtime.getRuntime().maxMemory();

    private LargeRow() {}

    /** Whether a row that came in so many bytes fits into our heap. */
    public static boolean fits(long bytes) {
        return fits(bytes, HEAP);
    }

    static boolean fits(long bytes, long heap) {
        return bytes <= SMALL || bytes * COPIES + REST <= heap;
    }

    /** What is to be said of a row that does not. */
    public static String refusal(long bytes) {
        return "a row of " + (bytes >> 20) + " MB does not fit into the heap of " + (HEAP >> 20) + " MB";
    }

    /** What lets it fit. */
    public static String mend(long bytes) {
        // Of the heap that is asked for the JVM tells some megabytes less.
        long gigabytes = ((bytes * COPIES + 2 * REST) >> 30) + 1;
        return "a larger heap takes it (ROWBACK_JAVA_OPTS=-Xmx" + gigabytes
                + "g, and MemoryMax= of the unit above that)";
    }
}
