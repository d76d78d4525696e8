package io.rowback.daemon.preflight;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Findings as people read them: of thousands of tables that are as they should be the first tell enough. */
public final class Digest {
    /** So many of one topic that are as they should be are told one by one. */
    static final int OK_MAX = 20;

    private Digest() {}

    /** The findings in their order; of those that are ok, of each topic, the first and how many more there are. */
    public static List<Finding> of(List<Finding> findings) {
        Map<Finding.Topic, Integer> counts = new EnumMap<>(Finding.Topic.class);
        List<Finding> told = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.level() != Finding.Level.OK || counts.merge(finding.topic(), 1, Integer::sum) <= OK_MAX) {
                told.add(finding);
            }
        }
        counts.forEach((topic, count) -> {
            if (count > OK_MAX) {
                told.add(topic.ok("%,d more of %s are ok too, see --json".formatted(count - OK_MAX, topic.word())));
            }
        });
        return told;
    }
}
