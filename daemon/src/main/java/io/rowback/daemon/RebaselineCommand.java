package io.rowback.daemon;

import io.rowback.daemon.tables.RebaselineRequests;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableInfo;
import io.rowback.history.store.RocksHistoryReader;
import io.rowback.postgres.PrintableText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rowbackd rebaseline}. */
@Command(
        name = "rebaseline",
        description = "Asks rowbackd to read tables anew, and tells what stays unknown all the same.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A new baseline makes every value known again from there on. Nothing that was held is lost; what",
            "changed where the history has a gap stays unknown. A rowbackd that runs begins within ten seconds,",
            "else the next one does; `rowback tables` shows the new coverage when it is done.",
            "",
            "Examples:",
            "  rowbackd rebaseline users shop.orders --config rowback.toml",
            "  rowbackd rebaseline --db app          every table of this database that is covered"
        })
final class RebaselineCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private DatabaseOption database;

    @Parameters(
            paramLabel = "TABLE",
            arity = "0..*",
            description = "As `rowback tables` prints them; default all that are covered.")
    private List<String> names = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path store = database.read().store();
        RebaselineRequests requests = new RebaselineRequests(store);
        PrintWriter out = spec.commandLine().getOut();
        try (RocksHistoryReader reader = RocksHistoryReader.open(store)) {
            for (TableInfo table : chosen(reader.tables())) {
                requests.add(table.schema().id());
                String name = PrintableText.oneLine(table.schema().name().toString());
                out.println(name + " will be read anew");
                table.holes(reader.info().gaps())
                        .forEach(hole -> out.println(name + ": " + PrintableText.oneLine(hole.toString())));
            }
        }
        return ErrorCode.DONE.exitCode();
    }

    /** The tables that are named, all before any is asked for; of two of the same name the newer. */
    private List<TableInfo> chosen(List<TableInfo> tables) {
        if (names.isEmpty()) {
            // The others were dropped or left out, or are read as soon as they can be.
            return tables.stream().filter(TableInfo::isCovered).toList();
        }
        return names.stream()
                .map(name -> tables.stream()
                        .filter(table -> table.schema().name().toString().equals(name))
                        .reduce((older, newer) -> newer)
                        .orElseThrow(() -> new RowbackException(
                                ErrorCode.USAGE,
                                "the history has no table " + name,
                                "`rowback tables` lists them; a table that was never read is read by itself.")))
                .toList();
    }
}
