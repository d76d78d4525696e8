package io.rowback.demo;

import io.rowback.postgres.Literals;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A type and some of its values.
 *
 * @param type as SQL writes it under an empty search path
 * @param values each as an SQL expression; the last is NULL
 */
record TypeSample(String type, List<String> values) {
    private static final Pattern SINCE = Pattern.compile("\\[(\\d+)] (.*)");

    /** All samples for a server of that major version. */
    static List<TypeSample> read(int major) throws IOException {
        List<TypeSample> samples = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(resource("values.txt"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("  ")) {
                    samples.get(samples.size() - 1).add(line.substring(2), major);
                } else if (!line.isEmpty() && !line.startsWith("#")) {
                    samples.add(new TypeSample(line, new ArrayList<>(List.of("NULL"))));
                }
            }
        }
        return samples;
    }

    /** The SQL that makes the types that the samples use and no server has. */
    static String types() throws IOException {
        try (InputStream in = resource("values.sql")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(TypeSample.class.getResourceAsStream(name));
    }

    private void add(String written, int major) {
        String value = written;
        Matcher since = SINCE.matcher(written);
        if (since.matches()) {
            if (major < Integer.parseInt(since.group(1))) {
                return;
            }
            value = since.group(2);
        }
        boolean expression = value.startsWith("=");
        values.add(values.size() - 1, "(" + (expression ? value.substring(1) : Literals.quote(value)) + ")::" + type);
    }

    /** One of the values; the numbers go round. */
    String value(int number) {
        return values.get(number % values.size());
    }
}
