package io.rowback.daemon.preflight;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Findings as people read them: of thousands of tables that are as they should be the first tell enough. */
public final class Digest {
    /** So many of one topic that are as they should be are told one by one. */
    static final int OK_MAX = 20;

    private Digest() {}

    /** The findings in their order; of those that are ok, of each topic, the first and how many more there are. */
    public static List<Finding> of(List<Finding> findings) {
        Map<Finding.Topic, Long> counts = findings.stream()
                .filter(Digest::isOk)
                .collect(Collectors.groupingBy(Finding::topic, Collectors.counting()));
        Map<Finding.Topic, Long> seen = new EnumMap<>(Finding.Topic.class);
        List<Finding> told = new ArrayList<>();
        for (Finding finding : findings) {
            Finding.Topic topic = finding.topic();
            long which = isOk(finding) ? seen.merge(topic, 1L, Long::sum) : 0;
            if (which <= OK_MAX) {
                told.add(finding);
            } else if (which == OK_MAX + 1) {
                long more = Objects.requireNonNull(counts.get(topic)) - OK_MAX;
                told.add(topic.ok("%,d more of %s are ok too, see --json".formatted(more, topic.word())));
            }
        }
        return told;
    }

    private static boolean isOk(Finding finding) {
        return finding.level() == Finding.Level.OK;
    }
}
