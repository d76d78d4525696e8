package io.rowback.restore.plan;

import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.RowTimeline;
import io.rowback.history.TableInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The rows as the history knows them last: what a plan is made for when no database is there to ask. */
final class HistoryRows implements CurrentRows {
    private final HistoryReader reader;

    HistoryRows(HistoryReader reader) {
        this.reader = reader;
    }

    @Override
    public List<TableInfo> tables(List<TableInfo> tables) {
        return tables;
    }

    @Override
    public boolean areLast() {
        return true;
    }

    @Override
    public Optional<String> obstacle(TableInfo table) {
        return Optional.empty();
    }

    @Override
    public Map<RowKey, RowImage> rows(TableInfo table, Map<RowKey, Optional<RowImage>> last) {
        Map<RowKey, RowImage> rows = new HashMap<>();
        last.forEach((key, image) -> image.ifPresent(row -> rows.put(key, row)));
        return rows;
    }

    @Override
    public Map<RowKey, Long> counts(TableInfo table, Map<RowKey, Long> last) {
        return last;
    }

    @Override
    public Set<RowKey> present(TableInfo table, Set<RowKey> keys) {
        RowTimeline timeline = new RowTimeline(reader, table);
        Lsn durable = reader.info().durable();
        return keys.stream()
                .filter(key -> !(timeline.asOf(key, durable) instanceof RowTimeline.State.Absent))
                .collect(Collectors.toSet());
    }

    @Override
    public Obstacles obstacles(List<Draft> drafts, RestoreRequest.ConflictMode conflictMode) {
        return new Obstacles(new Dependents(reader, drafts).obstacles(), Map.of(), Map.of());
    }
}
