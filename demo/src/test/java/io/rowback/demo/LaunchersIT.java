package io.rowback.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs as they are started from a checkout. */
class LaunchersIT {
    @ParameterizedTest
    @ValueSource(strings = {"rowback", "rowbackd"})
    void programRunsThroughASymlinkFromAnyFolder(String program, @TempDir Path temporary)
            throws IOException, InterruptedException {
        Path folder = Files.createDirectory(temporary.resolve("with a space"));
        Path link = Files.createSymbolicLink(folder.resolve("a link"), Checkout.ROOT.resolve(program));

        Output output = Checkout.run(folder, link, "--version");

        assertThat(output.exitCode()).as(output.err()).isZero();
        assertThat(output.out()).startsWith(program + " ");
        assertThat(output.err()).isEmpty();
    }

    @Test
    void argumentsArriveAsTyped(@TempDir Path folder) throws IOException, InterruptedException {
        Output output = Checkout.run(
                folder, Checkout.ROOT.resolve("rowback"), "--store", "no store; $HOME 東", "history", "a table", "-42");

        assertThat(output.exitCode()).isEqualTo(ErrorCode.NO_STORE.exitCode());
        assertThat(output.err()).contains("no store; $HOME 東");
        assertThat(output.out()).isEmpty();
    }

    @Test
    void demoIsACommandOfTheCheckoutOnly(@TempDir Path folder) throws IOException, InterruptedException {
        Path installed = Path.of(System.getProperty("rowback.home")).resolve("bin/rowback");

        assertThat(Checkout.run(folder, Checkout.ROOT.resolve("rowback"), "demo", "--help")
                        .out())
                .contains("deleted-users", "nulled-columns");
        assertThat(Checkout.run(folder, installed, "demo").exitCode()).isEqualTo(ErrorCode.USAGE.exitCode());
    }
}
