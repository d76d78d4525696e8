package io.rowback.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.restore.ApplyOptions.LineReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Nothing is written before somebody has said of just this plan that it is meant: of 2 tables and 14 rows here. */
final class ApplyOptionsTest {
    private final List<String> prompts = new ArrayList<>();

    private static ApplyOptions options(String... arguments) {
        return CommandLine.populateCommand(new ApplyOptions(), arguments);
    }

    private Optional<LineReader> typing(@Nullable String line) {
        return Optional.of(prompt -> {
            prompts.add(prompt);
            return line;
        });
    }

    private static void assertRefused(String message, Runnable confirming) {
        assertThatThrownBy(confirming::run)
                .isInstanceOfSatisfying(
                        RowbackException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .hasMessage(message + "; nothing was written");
    }

    @Test
    void numbersThatAreTypedAsAskedForConfirm() {
        options("--apply").confirm(typing(" 2 14 "), 2, 14);
        assertThat(prompts).containsExactly("Type the number of tables and of rows to write them (2 14): ");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "y", "yes", "14", "14 2", "2 140", "2  14"})
    void anythingElseThatIsTypedDoesNot(@Nullable String line) {
        assertRefused("it was not confirmed", () -> options("--apply").confirm(typing(line), 2, 14));
        assertThat(prompts).hasSize(1);
    }

    @Test
    void theNumberOfRowsGivenWithYesConfirmsWithoutAsking() {
        options("--apply", "--yes", "14").confirm(typing("no"), 2, 14);
        options("--apply", "--yes", "14").confirm(Optional.empty(), 2, 14);
        assertRefused("the plan has 14 rows, not 13", () -> options("--apply", "--yes", "13")
                .confirm(typing("2 14"), 2, 14));
        assertThat(prompts).isEmpty();
    }

    @Test
    void whereNobodyIsThereToAskNothingIsConfirmed() {
        assertRefused("nobody is there to ask whether this is meant", () -> options("--apply")
                .confirm(Optional.empty(), 2, 14));
    }
}
