package io.rowback.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** This repository as its users have it: the folder, and the programs that are started from there. */
final class Checkout {
    static final Path ROOT = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());

    private Checkout() {}

    /** Runs a program in a folder and waits for its end. */
    static Output run(Path folder, Path program, String... arguments) throws IOException, InterruptedException {
        return run(folder, Map.of(), program, arguments);
    }

    /** Runs a program with these variables besides those of our own environment. */
    static Output run(Path folder, Map<String, String> environment, Path program, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path err = folder.resolve("err-" + ProcessHandle.current().pid());
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exitCode = process.waitFor();
        return new Output(exitCode, out, Files.readString(err));
    }
}
