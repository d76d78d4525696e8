package io.rowback.restore;

import io.rowback.history.Coverage;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.restore.output.Output;
import io.rowback.restore.output.SequencePrinter;
import io.rowback.restore.query.InsertedRows;
import io.rowback.restore.query.PointInTime;
import io.rowback.restore.query.SequenceLeap;
import io.rowback.restore.query.Tables;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rowback sequences}. */
@Command(
        name = "sequences",
        description = {
            "Sequences: the last value seen, and leaps that no inserted row explains.",
            "",
            "Sequences are sampled every minute. A jump is flagged where between two samples one gave out at least",
            "1,000 values (times its cache) more than rows came into its table, and at least twice as many; rows that",
            "came in surplus within a day after count too. Upserts and rollbacks take values without leaving a row.",
        },
        footerHeading = "%nEXAMPLES%n",
        footer = {
            "  rowback sequences",
            "  rowback sequences --at tx:1234             as last seen before that transaction",
            "  rowback sequences --at -2h --json"
        })
final class SequencesCommand extends StoreCommand {
    @Option(
            names = "--at",
            paramLabel = "T",
            defaultValue = "now",
            converter = PointConverter.class,
            description = "2026-05-01T10:00:00Z, lsn:0/16B3748, tx:1234 (just before it), -10min, now. Default: now.")
    private PointInTime at;

    @SuppressWarnings("NullAway.Init") // picocli sets the arguments before it calls the command
    SequencesCommand() {}

    private record Sequence(SequenceSample newest, List<SequenceLeap> leaps) {}

    @Override
    ErrorCode run(RocksHistoryReader reader, Output output) {
        Lsn lsn = at.resolve(reader, Clock.systemUTC());
        Lsn begin = reader.tables().stream()
                .flatMap(table -> table.coverage().stream())
                .map(Coverage::from)
                .min(Comparator.naturalOrder())
                .orElse(Lsn.ZERO);
        if (lsn.isBefore(begin)) {
            // A sample from before it may have been taken later than is asked for: the first one, or the last that
            // retention left.
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "LSN " + lsn + " lies before " + begin + ", where the history begins",
                    "rowback status shows since when.");
        }
        Tables tables = new Tables(reader.tables());
        InsertedRows rows = new InsertedRows(reader, tables, lsn);
        SequencePrinter printer = new SequencePrinter(output, tables);
        List<Sequence> sequences = samples(reader, lsn).values().stream()
                .map(samples -> new Sequence(samples.get(samples.size() - 1), SequenceLeap.of(samples, rows::between)))
                .sorted(Comparator.comparing(
                                (Sequence sequence) -> sequence.newest().name())
                        .thenComparing(sequence -> sequence.newest().sequence()))
                .toList();
        sequences.forEach(sequence -> printer.print(sequence.newest(), sequence.leaps()));
        if (sequences.isEmpty()) {
            output.note("note: no sequence was sampled by then");
        }
        return ErrorCode.DONE;
    }

    /** Up to that point; what was sampled behind it may count rows that the history does not hold yet. */
    private static Map<TableId, List<SequenceSample>> samples(RocksHistoryReader reader, Lsn lsn) {
        try (Stream<SequenceSample> samples = reader.samples()) {
            return samples.filter(sample -> !lsn.isBefore(sample.at()))
                    .collect(Collectors.groupingBy(SequenceSample::sequence));
        }
    }
}
