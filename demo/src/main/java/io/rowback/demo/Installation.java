package io.rowback.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The programs as a package installs them, run as processes of their own with one configuration. */
public final class Installation {
    private static final long TOOL_SECONDS = 120;

    private final Path bin;
    private final Path folder;

    /**
     * The programs below {@code home}.
     *
     * @param folder where the configuration is, and where output is kept
     */
    public Installation(Path home, Path folder) {
        this.bin = home.resolve("bin");
        this.folder = folder;
        if (!Files.isExecutable(bin.resolve("rowback"))) {
            throw new IllegalStateException("there is no program " + bin.resolve("rowback"));
        }
    }

    /** The configuration file of daemon and tool. */
    public Path config() {
        return folder.resolve("rowback.toml");
    }

    /** The file that the daemon's output goes to. */
    public Path daemonLog() {
        return folder.resolve("rowbackd.log");
    }

    /** Starts the daemon, with these options of its JVM besides those of our own environment. */
    public Process startDaemon(String... jvmOptions) {
        ProcessBuilder builder = new ProcessBuilder(
                        bin.resolve("rowbackd").toString(), "run", "--config", config().toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(daemonLog().toFile()));
        builder.environment()
                .merge("ROWBACK_JAVA_OPTS", String.join(" ", jvmOptions), (ours, more) -> ours + " " + more);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the tool and waits for its end. */
    public Output rowback(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(bin.resolve("rowback").toString());
        command.addAll(List.of("--config", config().toString()));
        command.addAll(arguments);
        Path out = folder.resolve("tool.out");
        Path err = folder.resolve("tool.err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("no end after " + TOOL_SECONDS + " s: " + command);
            }
            return new Output(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command, e);
        }
    }
}
