package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * libpq's connection service file: the one that {@code PGSERVICEFILE} names, else {@code ~/.pg_service.conf}, else
 * {@code pg_service.conf} in {@code PGSYSCONFDIR}. The driver's own reader gives a file up at each setting that is not also
 * the driver's, {@code application_name} for instance.
 */
final class ServiceFile {
    private ServiceFile() {}

    /**
     * What a service says, by libpq's names; nothing for null instead of a name.
     *
     * @throws RowbackException of code USAGE if there is no such service
     */
    static Map<String, String> read(@Nullable String service, Map<String, String> environment) {
        if (service == null) {
            return Map.of();
        }
        for (Path file : files(environment)) {
            Map<String, String> found = section(file, "[" + service + "]");
            if (found != null) {
                return found;
            }
        }
        throw new RowbackException(
                ErrorCode.USAGE,
                "there is no service " + service,
                "Write [" + service + "] and lines like host=db1 into ~/.pg_service.conf, or into the file that"
                        + " PGSERVICEFILE names.");
    }

    private static List<Path> files(Map<String, String> environment) {
        String own = environment.get("PGSERVICEFILE");
        Path users = own == null ? Path.of(System.getProperty("user.home"), ".pg_service.conf") : Path.of(own);
        String system = environment.get("PGSYSCONFDIR");
        return Stream.of(users, system == null ? users : Path.of(system, "pg_service.conf"))
                .filter(Files::exists)
                .distinct()
                .toList();
    }

    private static @Nullable Map<String, String> section(Path file, String header) {
        try {
            List<String> lines = Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
            int start = lines.indexOf(header);
            return start < 0 ? null : settings(lines.subList(start + 1, lines.size()));
        } catch (IOException e) {
            throw new RowbackException(
                    ErrorCode.USAGE, "cannot read " + file, "Check that this account may read it.", e);
        }
    }

    private static Map<String, String> settings(List<String> lines) {
        Map<String, String> settings = new HashMap<>();
        for (String line : lines) {
            if (line.startsWith("[")) {
                break;
            }
            int equals = line.indexOf('=');
            if (equals > 0) {
                // As with libpq, the first of two counts.
                settings.putIfAbsent(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return settings;
    }
}
