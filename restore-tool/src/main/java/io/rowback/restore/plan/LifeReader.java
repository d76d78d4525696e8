package io.rowback.restore.plan;

import io.rowback.history.Coverage;
import io.rowback.history.HistoryReader;
import io.rowback.history.Hole;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.RowTimeline.Version;
import io.rowback.history.TableInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the lives of one table's rows, following a row from key to key. */
final class LifeReader {
    private static final String REUSED =
            "its key, or one that it had meanwhile, belonged to another row as well: that cannot be mapped";

    private final TableInfo table;
    private final Scope scope;
    private final Lsn durable;
    private final List<Hole> holes;
    private final RowTimeline timeline;

    LifeReader(HistoryReader reader, TableInfo table, Scope scope) {
        this.table = table;
        this.scope = scope;
        this.durable = reader.info().durable();
        this.holes = table.holes(reader.info().gaps());
        this.timeline = new RowTimeline(reader, table);
    }

    /** The keys that the row has had from the scope's beginning on, the one asked for first. */
    Set<RowKey> keys(RowKey key) {
        return versions(key).keySet();
    }

    /** The row's life from the scope's first change of it on. */
    RowLife read(RowKey key) {
        Map<RowKey, List<Version>> versions = versions(key);
        List<RowLife.Step> steps = steps(versions);
        int first = 0;
        while (first < steps.size() && !steps.get(first).inScope()) {
            first++;
        }
        if (first == steps.size()) {
            return new RowLife(table, key, key, List.of(), null, false, null);
        }
        Lsn begin = steps.get(first).change().position().commit();
        String missing = missingFrom(begin);
        if (missing != null) {
            return RowLife.untold(table, key, missing);
        }
        // Under one key alone the steps before those of the scope may lie where the history has holes.
        if (!isChain(versions.size() > 1 ? steps : steps.subList(first, steps.size()))) {
            return RowLife.untold(table, key, REUSED);
        }
        RowKey last = keyAfter(steps, key);
        RowImage now = timeline.asOf(last, durable).imageOrNull();
        return new RowLife(
                table, named(steps.get(first), key), last, steps.subList(first, steps.size()), now, false, null);
    }

    /** What is missing of the history from there on, or null if it is complete. */
    @Nullable
    String missingFrom(Lsn begin) {
        List<Coverage> coverage = table.coverage();
        if (coverage.isEmpty() || begin.isBefore(coverage.get(0).from())) {
            return "the history of its table does not go back to LSN " + begin;
        }
        return holes.stream()
                .filter(hole -> hole.overlaps(begin, durable))
                .map(Hole::toString)
                .findFirst()
                .orElse(null);
    }

    /** What happened under this key and, where the row's key was changed, under its other keys. */
    private Map<RowKey, List<Version>> versions(RowKey key) {
        Map<RowKey, List<Version>> versions = new LinkedHashMap<>();
        Deque<RowKey> open = new ArrayDeque<>(List.of(key));
        while (!open.isEmpty()) {
            RowKey next = open.remove();
            if (versions.containsKey(next)) {
                continue;
            }
            List<Version> found = timeline.versions(next, scope.begin(), durable);
            versions.put(next, found);
            for (Version version : found) {
                RowKey oldKey = version.change().oldKey();
                RowKey newKey = version.change().key();
                if (oldKey != null && newKey != null) {
                    open.add(oldKey);
                    open.add(newKey);
                }
            }
        }
        return versions;
    }

    private List<RowLife.Step> steps(Map<RowKey, List<Version>> versions) {
        Map<Position, Version> changes = new TreeMap<>();
        for (List<Version> ofKey : versions.values()) {
            for (Version version : ofKey) {
                // A TRUNCATE is told of every key, of those without a row as well.
                if (version.before() != null || version.after() != null) {
                    changes.merge(version.change().position(), version, Version::joined);
                }
            }
        }
        List<RowLife.Step> steps = new ArrayList<>();
        changes.forEach((position, version) -> steps.add(
                new RowLife.Step(version.change(), scope.contains(position), version.before(), version.after())));
        return steps;
    }

    /** Whether the steps are those of one row: each finds what the one before left. */
    private static boolean isChain(List<RowLife.Step> steps) {
        for (int i = 1; i < steps.size(); i++) {
            RowImage left = steps.get(i - 1).after();
            RowImage found = steps.get(i).before();
            if (!Objects.equals(keyOf(left), keyOf(found))) {
                return false;
            }
            // Only within a transaction two rows have the same key: one that is checked at its end.
            boolean together = commit(steps.get(i - 1)).equals(commit(steps.get(i)));
            if (together
                    && left != null
                    && found != null
                    && !found.contradictions(left).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static Lsn commit(RowLife.Step step) {
        return step.change().position().commit();
    }

    private static RowKey keyAfter(List<RowLife.Step> steps, RowKey otherwise) {
        RowKey key = null;
        for (RowLife.Step step : steps) {
            for (RowImage image : new @Nullable RowImage[] {step.before(), step.after()}) {
                RowKey imageKey = keyOf(image);
                key = imageKey == null ? key : imageKey;
            }
        }
        return key == null ? otherwise : key;
    }

    private static RowKey named(RowLife.Step first, RowKey otherwise) {
        RowKey before = keyOf(first.before());
        RowKey after = keyOf(first.after());
        if (before != null) {
            return before;
        }
        return after == null ? otherwise : after;
    }

    private static @Nullable RowKey keyOf(@Nullable RowImage image) {
        return image == null ? null : image.key();
    }
}
