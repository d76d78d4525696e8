package io.rowback.history;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the store knows of one table.
 *
 * @param schemas the versions seen, oldest first, each with the LSN from which it was seen; never empty
 * @param coverage where its history is complete, oldest first, not overlapping
 * @param baselineRows rows of its newest baseline
 * @param horizon where its history begins since retention dropped what lies below; null if nothing of it was dropped
 */
public record TableInfo(
        List<SchemaVersion> schemas,
        List<Coverage> coverage,
        long baselineRows,
        @Nullable Horizon horizon) {
    public TableInfo {
        schemas = List.copyOf(schemas);
        coverage = List.copyOf(coverage);
        if (schemas.isEmpty()) {
            throw new IllegalArgumentException("a table has at least one schema");
        }
    }

    /**
     * A schema and the LSN from which it was seen.
     *
     * @param after where the table was last seen to be otherwise: the change of its definition, of which the log tells
     *     nothing, lies between there and {@code from}. The same as {@code from} where nobody looked
     */
    public record SchemaVersion(Lsn after, Lsn from, TableSchema schema) {}

    /** A table seen for the first time. */
    public static TableInfo of(TableSchema schema, Lsn from) {
        return new TableInfo(List.of(new SchemaVersion(from, from, schema)), List.of(), 0, null);
    }

    private TableInfo with(List<Coverage> stretches, long rows) {
        return new TableInfo(schemas, stretches, rows, horizon);
    }

    /** The newest schema. */
    public TableSchema schema() {
        return schemas.get(schemas.size() - 1).schema();
    }

    /** The schema that was valid just below {@code at}; the oldest one if none was seen by then. */
    public TableSchema schema(Lsn at) {
        TableSchema valid = schemas.get(0).schema();
        for (SchemaVersion version : schemas) {
            if (version.from().isBefore(at)) {
                valid = version.schema();
            }
        }
        return valid;
    }

    /** The version that came about at {@code at} or somewhat later; empty if it is certain that none did. */
    private Optional<TableSchema> perhaps(Lsn at) {
        return schemas.stream()
                .filter(version ->
                        version.after().isBefore(at) && !version.from().isBefore(at))
                .map(SchemaVersion::schema)
                .findFirst();
    }

    /**
     * An image from this table's history as the table was at {@code at}. A column that is another one by then, or may be,
     * is unknown.
     */
    public RowImage told(RowImage image, Lsn at) {
        TableSchema then = schema(at);
        return certain(image.schema().equals(then) ? image : image.in(then), at);
    }

    /** An image of that moment, in which a column that may be another one by then is unknown. */
    public RowImage certain(RowImage image, Lsn at) {
        return perhaps(at).map(image::certainIn).orElse(image);
    }

    /**
     * The coverage that includes {@code at}; the newer of two that meet there. Empty as well where rows have, or may have,
     * other keys by then than in the baseline.
     */
    public Optional<Coverage> coverage(Lsn at) {
        return coverage.stream()
                .filter(stretch -> stretch.includes(at))
                .filter(stretch -> perhaps(at)
                        .orElse(schema(at))
                        .identifiesRowsAs(schema(stretch.from().next())))
                .reduce((older, newer) -> newer);
    }

    /** Whether its history goes on: it is there, captured, and no gap lies behind its newest baseline. */
    public boolean isCovered() {
        return !coverage.isEmpty() && coverage.get(coverage.size() - 1).to().equals(Lsn.MAX);
    }

    /**
     * The schema of its newest baseline.
     *
     * @throws IndexOutOfBoundsException if it never had one
     */
    public TableSchema baselineSchema() {
        return schema(coverage.get(coverage.size() - 1).from().next());
    }

    /** Where its history is not complete although it once was covered, or was dropped by retention; oldest first. */
    public List<Hole> holes(List<Gap> gaps) {
        List<Hole> holes = new ArrayList<>();
        if (horizon != null) {
            holes.add(Hole.below(horizon));
            addHole(horizon.at(), 0, gaps, holes);
        }
        for (int i = 0; i < coverage.size(); i++) {
            addHole(coverage.get(i).to(), i + 1, gaps, holes);
        }
        return holes;
    }

    /** The hole between {@code end} and a stretch, if there is any. */
    private void addHole(Lsn end, int stretch, List<Gap> gaps, List<Hole> holes) {
        Lsn next = stretch < coverage.size() ? coverage.get(stretch).from() : Lsn.MAX;
        if (end.isBefore(next)) {
            Loss cause =
                    gaps.stream().filter(gap -> gap.includes(end)).findFirst().orElse(null);
            holes.add(new Hole(end, next, cause));
        }
    }

    /** That the table's state at {@code at} is not known, and why. */
    public RowbackException notCovered(Lsn at, List<Gap> gaps) {
        String why = holes(gaps).stream()
                .filter(hole -> hole.from().isBefore(at) && at.isBefore(hole.to()))
                .map(hole -> ": " + hole)
                .findFirst()
                .orElseGet(this::notCoveredYet);
        return new RowbackException(
                ErrorCode.NOT_COVERED,
                "table " + schema().name() + " is not covered at LSN " + at + why,
                "rowback tables shows from when to when each table is covered.");
    }

    private String notCoveredYet() {
        return coverage.isEmpty()
                ? ": no baseline of it was completed"
                : ": its history begins at LSN " + coverage.get(0).from() + " ("
                        + coverage.get(0).since() + ")";
    }

    /**
     * The attribute numbers of a foreign key's columns, by which they are found in every version of the table whatever
     * their names. They are looked up in the newest version that has this foreign key, else that has these columns.
     *
     * @throws IllegalArgumentException if no version has the columns
     */
    public List<Integer> attributes(ForeignKey foreignKey) {
        return newestVersion(foreignKey, true)
                .or(() -> newestVersion(foreignKey, false))
                .orElseThrow(() -> new IllegalArgumentException(
                        "table " + schema().name() + " never had the columns " + foreignKey.columns()));
    }

    private Optional<List<Integer>> newestVersion(ForeignKey foreignKey, boolean declared) {
        return schemas.stream()
                .map(SchemaVersion::schema)
                .filter(schema -> !declared || schema.foreignKeys().contains(foreignKey))
                .filter(schema -> foreignKey.columns().stream().allMatch(column -> schema.indexOf(column) >= 0))
                .map(schema -> schema.attributes(foreignKey.columns()))
                .reduce((older, newer) -> newer);
    }

    /** This table after a schema was seen at {@code from}: itself if that is the version already known there. */
    public TableInfo seen(TableSchema schema, Lsn from) {
        return seen(schema, from, from);
    }

    /**
     * This table after a schema was seen at {@code from}, when at {@code after}, and where its newest baseline was taken,
     * it was still another one.
     */
    public TableInfo altered(TableSchema schema, Lsn after, Lsn from) {
        Lsn baseline = coverage.isEmpty()
                ? Lsn.ZERO
                : coverage.get(coverage.size() - 1).from();
        return seen(schema, after.isBefore(baseline) && baseline.isBefore(from) ? baseline : after, from);
    }

    private TableInfo seen(TableSchema schema, Lsn after, Lsn from) {
        int older = 0;
        while (older < schemas.size() && !from.isBefore(schemas.get(older).from())) {
            older++;
        }
        List<SchemaVersion> versions = new ArrayList<>(schemas);
        if (older > 0 && schemas.get(older - 1).schema().equals(schema)) {
            SchemaVersion known = schemas.get(older - 1);
            versions.set(older - 1, new SchemaVersion(min(after, known.after()), known.from(), schema));
        } else {
            // Seen before it was seen first: what is known of when it came about holds for both.
            boolean seenLater =
                    older < schemas.size() && schemas.get(older).schema().equals(schema);
            SchemaVersion version =
                    new SchemaVersion(seenLater ? min(after, schemas.get(older).after()) : after, from, schema);
            if (older > 0 && versions.get(older - 1).from().equals(from)) {
                versions.set(older - 1, version);
            } else {
                versions.add(older, version);
            }
        }
        return new TableInfo(versions, coverage, baselineRows, horizon);
    }

    /**
     * This table after a baseline at {@code at} was completed: covered from there to the next coverage or gap, whichever
     * comes first.
     */
    public TableInfo covered(Lsn at, Instant since, long rows, List<Gap> gaps) {
        List<Coverage> stretches = new ArrayList<>();
        Lsn to = Lsn.MAX;
        for (Coverage other : coverage) {
            if (other.from().isBefore(at)) {
                stretches.add(other.endedBy(at));
            } else if (at.isBefore(other.from())) {
                to = min(to, other.from());
            }
        }
        Coverage added = new Coverage(at, since, to);
        for (Gap gap : gaps) {
            added = added.interruptedBy(gap);
        }
        stretches.add(added);
        coverage.stream().filter(other -> at.isBefore(other.from())).forEach(stretches::add);
        boolean newest = stretches.get(stretches.size() - 1).equals(added);
        return with(stretches, newest ? rows : baselineRows);
    }

    /**
     * The prefix of the commit order that a time stands for, if {@code position} is that of the first commit held at or
     * after it: not above the beginning of a gap that began later, and below every coverage, and horizon, that did.
     */
    public static Lsn positionAt(Instant time, Lsn position, Collection<TableInfo> tables, StoreInfo store) {
        Stream<Lsn> beforeGaps =
                store.gaps().stream().filter(gap -> !gap.since().isBefore(time)).map(Gap::from);
        Lsn held = beforeGaps.reduce(position, TableInfo::min);
        Horizon horizon = store.horizon();
        if (horizon != null && horizon.since().isAfter(time)) {
            held = min(held, new Lsn(horizon.at().value() - 1));
        }
        return tables.stream()
                .flatMap(table -> table.coverage().stream())
                .filter(stretch -> stretch.since().isAfter(time))
                .map(stretch -> new Lsn(stretch.from().value() - 1))
                .reduce(held, TableInfo::min);
    }

    /** This table no longer covered from {@code at} on. */
    public TableInfo uncovered(Lsn at) {
        return with(coverage.stream().map(stretch -> stretch.endedBy(at)).toList(), baselineRows);
    }

    /**
     * This table without what was seen above {@code fork}; empty if that is all. A coverage that ended above ends there.
     *
     * @param rows how many rows the newest baseline has that remains
     */
    public Optional<TableInfo> voidedFrom(Lsn fork, long rows) {
        List<SchemaVersion> versions = schemas.stream()
                .filter(version -> !fork.isBefore(version.from()))
                .toList();
        List<Coverage> stretches = coverage.stream()
                .filter(stretch -> !fork.isBefore(stretch.from()))
                .map(stretch -> stretch.to().equals(Lsn.MAX) ? stretch : stretch.endedBy(fork))
                .toList();
        return versions.isEmpty() ? Optional.empty() : Optional.of(new TableInfo(versions, stretches, rows, horizon));
    }

    /** This table after a gap: what was covered when it began is covered no further. */
    public TableInfo interruptedBy(Gap gap) {
        return with(coverage.stream().map(stretch -> stretch.interruptedBy(gap)).toList(), baselineRows);
    }

    /**
     * The coverage of which the rows at {@code at} have to be known before what lies below is dropped; empty if there is
     * none, or rows have other keys from there on.
     */
    public Optional<Coverage> folded(Lsn at) {
        TableSchema from = schema(at.next());
        return coverage(at)
                .filter(stretch -> stretch.from().isBefore(at))
                .filter(stretch -> schema(at).identifiesRowsAs(from)
                        && from.identifiesRowsAs(schema(stretch.from().next())));
    }

    /**
     * This table once nothing below the horizon is held any more: covered from there on if its rows were known there.
     *
     * @param rows how many there were
     */
    public TableInfo forgotten(Horizon at, long rows) {
        List<Coverage> stretches = new ArrayList<>();
        folded(at.at()).map(stretch -> stretch.begunBy(at)).ifPresent(stretches::add);
        int below = stretches.size();
        coverage.stream().filter(stretch -> !stretch.from().isBefore(at.at())).forEach(stretches::add);
        return with(stretches, stretches.size() == below ? rows : baselineRows).since(at);
    }

    /** This table with the history's horizon, if anything of it lay below. */
    public TableInfo since(@Nullable Horizon at) {
        boolean older = at != null && schemas.get(0).from().isBefore(at.at());
        return new TableInfo(schemas, coverage, baselineRows, older ? at : null);
    }

    private static Lsn min(Lsn one, Lsn other) {
        return one.isBefore(other) ? one : other;
    }
}
