package io.rowback.restore;

import io.rowback.history.Annotation;
import io.rowback.history.Transaction;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for what a transaction's annotations say. */
final class AnnotationOptions {
    @Option(names = "--user", paramLabel = "NAME", description = "Only transactions annotated with this user.")
    private @Nullable String user;

    @Option(
            names = "--application",
            paramLabel = "NAME",
            description = "Only transactions annotated with this application.")
    private @Nullable String application;

    @SuppressWarnings("NullAway.Init") // picocli sets the options
    AnnotationOptions() {}

    /** Whether one of the options was given. */
    boolean given() {
        return user != null || application != null;
    }

    /** Whether the transaction's annotations say what was asked for. */
    boolean fit(Transaction transaction) {
        if (!given()) {
            return true;
        }
        List<Annotation> annotations =
                transaction.annotations().stream().map(Annotation::of).toList();
        return says(annotations, "user", user) && says(annotations, "application", application);
    }

    private static boolean says(List<Annotation> annotations, String field, @Nullable String value) {
        return value == null
                || annotations.stream()
                        .anyMatch(annotation -> value.equals(annotation.fields().get(field)));
    }

    /** What was asked for, for messages. */
    @Override
    public String toString() {
        return Stream.of(
                        user == null ? null : "user " + user, application == null ? null : "application " + application)
                .filter(text -> text != null)
                .collect(Collectors.joining(" and "));
    }
}
