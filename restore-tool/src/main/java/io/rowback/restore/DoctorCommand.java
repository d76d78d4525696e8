package io.rowback.restore;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code rowback doctor}: {@code rowbackd check}, for who looks for it here. The daemon's program is run, as is installed beside. */
@Command(
        name = "doctor",
        description = "Looks whether server and daemon are as they should be; the same as rowbackd check.",
        footer = {
            "",
            "Takes --config, --db and --json. What it prints, and when it exits with 1 or 13, rowbackd check --help tells."
        })
final class DoctorCommand implements Callable<Integer> {
    /** Where the launcher is installed, which it says itself; started otherwise, the path is searched. */
    private static final String HOME = "rowback.home";

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Rowback root;

    @Override
    public Integer call() throws InterruptedException {
        List<String> command = new ArrayList<>();
        String home = System.getProperty(HOME);
        command.add(home == null ? "rowbackd" : Path.of(home, "bin", "rowbackd").toString());
        command.add("check");
        command.addAll(root.daemonOptions());
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.FAILED, "cannot run " + command.get(0), "Run rowbackd check where it is installed.", e);
        }
    }
}
