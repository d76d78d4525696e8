package io.rowback.bench;

import io.rowback.testbed.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Measures the rows that were named, or all, and prints each as soon as it is known. */
public final class Bench {
    private static final Map<String, Measurement> ROWS = rows();

    /** One row of the table. */
    interface Measurement {
        /** Measures, and tells each figure as soon as it is known; files go below {@code folder}, which is deleted. */
        void measure(Path folder, Consumer<Figure> told) throws Exception;
    }

    private Bench() {}

    /** Arguments: names of rows; none is all. */
    public static void main(String[] arguments) throws Exception {
        List<String> names = arguments.length == 0 ? new ArrayList<>(ROWS.keySet()) : List.of(arguments);
        if (!ROWS.keySet().containsAll(names)) {
            System.err.println("error: there are the rows " + String.join(", ", ROWS.keySet()));
            System.exit(2);
        }
        for (String name : names) {
            Path folder = Files.createTempDirectory("rowback-bench-");
            try {
                Objects.requireNonNull(ROWS.get(name)).measure(folder, figure -> System.out.println(figure.line()));
            } finally {
                Folders.delete(folder);
            }
        }
        System.exit(0);
    }

    private static Map<String, Measurement> rows() {
        Map<String, Measurement> rows = new LinkedHashMap<>();
        rows.put("drain", new DrainRow());
        rows.put("retention", new RetentionRow());
        rows.put("latency", new LatencyRow());
        rows.put("size", new SizeRow());
        rows.put("baseline", new BaselineRow());
        rows.put("memory", new MemoryRow());
        rows.put("pgbench", new PgbenchRow());
        rows.put("read", new ReadRow());
        rows.put("restore", new RestoreRow());
        return rows;
    }
}
