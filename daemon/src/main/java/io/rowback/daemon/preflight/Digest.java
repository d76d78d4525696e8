package io.rowback.daemon.preflight;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Findings as people read them: of thousands of tables of which the same is told the first tell enough. */
public final class Digest {
    /** So many that are alike are told one by one. */
    static final int ALIKE_MAX = 20;

    private Digest() {}

    /**
     * The findings in their order; of those of a topic that are ok, and of those of a kind, the first and how many more there
     * are.
     */
    public static List<Finding> of(List<Finding> findings) {
        Map<Object, Long> counts = findings.stream()
                .flatMap(finding -> Stream.ofNullable(alike(finding)))
                .collect(Collectors.groupingBy(like -> like, Collectors.counting()));
        Map<Object, Long> seen = new HashMap<>();
        List<Finding> told = new ArrayList<>();
        for (Finding finding : findings) {
            Object like = alike(finding);
            long which = like == null ? 0 : seen.merge(like, 1L, Long::sum);
            if (which <= ALIKE_MAX) {
                told.add(finding);
            } else if (which == ALIKE_MAX + 1) {
                told.add(more(finding, Objects.requireNonNull(counts.get(like)) - ALIKE_MAX));
            }
        }
        return told;
    }

    /** What it has in common with those that are told together; null if it is told by itself. */
    private static @Nullable Object alike(Finding finding) {
        return finding.level() == Finding.Level.OK ? finding.topic() : finding.kind();
    }

    private static Finding more(Finding finding, long count) {
        Finding.Topic topic = finding.topic();
        Finding.Kind kind = finding.kind();
        String text = "%,d more of %s".formatted(count, topic.word());
        return kind == null
                ? topic.ok(text + " are ok too, see --json")
                : topic.warn(text + ", each " + kind.words() + ", see --json", kind.mend());
    }
}
