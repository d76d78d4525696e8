package io.rowback.daemon.tables;

import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Published;
import io.rowback.history.TableForm;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableInfo.SchemaVersion;
import io.rowback.history.TableSchema;
import io.rowback.postgres.CatalogTable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the last look saw of the tables: from the difference the next one tells whose coverage has ended, and where.
 * Confined to one thread.
 */
final class LastLook {
    private static final Logger LOG = LoggerFactory.getLogger(LastLook.class);

    private final HistoryWriter writer;
    /** Up to here every covered table was seen to be published, and of the shape that {@link #seen} has. */
    private Lsn verified;
    /** How each table was published then. */
    private Map<TableId, String> memberships = Map.of();

    /** The tables as the catalog had them at the last look, or the history before the first. */
    private final Map<TableId, TableSchema> seen = new HashMap<>();

    /** The forms of the tables then, by which the next look tells whose rows have another text without an event. */
    private Map<TableId, TableForm> forms = Map.of();

    /** The covered tables whose coverage ends as soon as everything is held that was written before that was noticed. */
    private final Map<TableId, Ending> endings = new HashMap<>();

    /**
     * The coming end of a coverage.
     *
     * @param verified up to here nothing was amiss
     * @param noticed where the log ended when something was
     */
    private record Ending(Lsn verified, Lsn noticed) {}

    LastLook(HistoryWriter writer) {
        this.writer = writer;
        this.verified = writer.info().durable();
    }

    /** Starts out from what the history knows of the last look of all. */
    void begin() {
        Published last = writer.published();
        verified = last.equals(Published.NEVER) ? writer.info().durable() : last.verified();
        memberships = last.memberships();
        forms = writer.forms().stream().collect(Collectors.toMap(TableForm::table, form -> form));
        writer.tables().forEach(table -> seen.put(table.schema().id(), table.schema()));
    }

    /**
     * Compares what a look sees with the last one and ends the coverage of what is not published any more, or was not for a
     * while since, and of tables whose rows have another text without an event: at the last look. And of tables that are
     * gone or have other keys: at the last change that was stored of them, once all is held that can have come before.
     *
     * @param published how each table is published
     * @param found the forms of the tables
     * @param noticed where the log ended when the catalog had been read
     * @param taken the tables whose baseline is being taken, or has been since the last look
     * @return those of them whose baseline does not count, for the reasons for which a coverage ends at the last look
     */
    List<TableId> compare(
            Survey survey,
            Map<TableId, String> published,
            Map<TableId, TableForm> found,
            Lsn noticed,
            Set<TableId> taken) {
        noteAltered(survey, noticed);
        Map<TableId, String> reasons = reasons(survey, published, found);
        Map<TableId, CatalogTable> coverable =
                survey.coverable().stream().collect(Collectors.toMap(CatalogTable::id, table -> table));
        for (TableInfo table : writer.tables()) {
            TableId id = table.schema().id();
            if (table.isCovered() && !endings.containsKey(id)) {
                String reason = reasons.get(id);
                if (reason != null) {
                    endCoverage(table, verified, reason);
                } else if (!hasSameKeys(coverable.get(id), table)) {
                    endings.put(id, new Ending(verified, noticed));
                }
            }
            endIfAllIsHeld(table);
        }
        return taken.stream().filter(reasons::containsKey).toList();
    }

    /** Whether a table has another definition than at the last look. */
    boolean findsAltered(Survey survey) {
        return survey.coverable().stream().anyMatch(this::isAltered);
    }

    private boolean isAltered(CatalogTable table) {
        TableSchema before = seen.get(table.id());
        return before != null && !before.equals(table.schema());
    }

    /** Of a change of a table's definition the log tells nothing before the table is next written to. */
    private void noteAltered(Survey survey, Lsn at) {
        Map<TableId, TableInfo> told = writer.tables().stream()
                .collect(Collectors.toMap(table -> table.schema().id(), table -> table));
        for (CatalogTable table : survey.coverable()) {
            boolean altered = isAltered(table);
            TableSchema now = Objects.requireNonNull(table.schema());
            boolean known = seen.put(table.id(), now) != null;
            TableInfo history = told.get(table.id());
            if (altered) {
                writer.altered(now, verified, at);
            } else if (known && history != null) {
                noteAlteredBack(history, now, at);
            }
        }
    }

    /** What the stream told last of a table may be a definition that the same transaction took back. */
    private void noteAlteredBack(TableInfo history, TableSchema now, Lsn at) {
        SchemaVersion last = history.schemas().get(history.schemas().size() - 1);
        if (last.from().isBefore(at) && !last.schema().hasColumnsOf(now)) {
            writer.altered(now, last.from(), last.from().isBefore(verified) ? verified : at);
        }
    }

    /** Why the history of some tables is not complete from the last look on. */
    private Map<TableId, String> reasons(Survey survey, Map<TableId, String> published, Map<TableId, TableForm> found) {
        Map<TableId, String> reasons = new HashMap<>();
        // Of a table that a publication lists the server refuses to make it unlogged.
        found.values().stream()
                .filter(form -> !survey.listed().contains(form.table()))
                .filter(form -> isOtherwise(form, TableForm::mayHaveBeenUnloggedSince))
                .forEach(form -> reasons.put(form.table(), "it may have been unlogged for a while"));
        found.values().stream()
                .filter(form -> isOtherwise(form, TableForm::tellsOtherwiseThan))
                .forEach(form ->
                        reasons.put(form.table(), "its rows were rewritten, or a type prints its values otherwise"));
        // What cannot be captured is not put back either, so that its last stored change tells best where it ended.
        for (CatalogTable table : survey.capturable()) {
            TableId id = table.id();
            String now = published.get(id);
            boolean otherwise = !Objects.equals(memberships.getOrDefault(id, now), now);
            if (otherwise || survey.narrowed().contains(id)) {
                reasons.put(id, "not published, or not as a whole, if only for a while");
            }
        }
        return reasons;
    }

    private boolean isOtherwise(TableForm now, BiPredicate<TableForm, TableForm> comparison) {
        TableForm before = forms.get(now.table());
        return before != null && comparison.test(now, before);
    }

    private void endIfAllIsHeld(TableInfo table) {
        TableId id = table.schema().id();
        Ending ending = endings.get(id);
        if (ending != null && !writer.info().durable().isBefore(ending.noticed())) {
            Lsn behindLastChange = writer.lastCommit(id).next();
            boolean later = ending.verified().isBefore(behindLastChange);
            endCoverage(
                    table,
                    later ? behindLastChange : ending.verified(),
                    "dropped, no longer captured, or its rows have other keys");
            endings.remove(id);
        }
    }

    private void endCoverage(TableInfo table, Lsn at, String reason) {
        LOG.warn("coverage of {} ends at {}: {}", table.schema().name(), at, reason);
        writer.uncovered(table.schema().id(), at);
    }

    private static boolean hasSameKeys(@Nullable CatalogTable table, TableInfo info) {
        return table != null && Objects.requireNonNull(table.schema()).identifiesRowsAs(info.baselineSchema());
    }

    /** The tables whose coverage is still to be ended; each is covered, so there are no more than those. */
    Set<TableId> ending() {
        return Set.copyOf(endings.keySet());
    }

    /**
     * Keeps what a look saw, before any baseline is taken of what it found.
     *
     * @param at where the log ended before it
     */
    void keep(Lsn at, Map<TableId, String> publishedNow, Map<TableId, TableForm> formsNow) {
        if (!formsNow.equals(forms)) {
            forms = Map.copyOf(formsNow);
            writer.forms(forms.values().stream()
                    .sorted(Comparator.comparing(TableForm::table))
                    .toList());
        }
        memberships = Map.copyOf(publishedNow);
        verified = at;
        // What is to be ended the next daemon would have to find again.
        if (endings.isEmpty()) {
            writer.published(Published.of(verified, memberships));
        }
    }
}
