package io.rowback.daemon.tables;

import io.rowback.history.Lsn;
import io.rowback.history.Timeline;
import io.rowback.postgres.Connections;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose log a server writes.
 *
 * @param systemIdentifier the cluster's; its standbys and copies have the same
 * @param timelines those that the log has run along, oldest first
 */
public record ServerLog(String systemIdentifier, List<Timeline> timelines) {
    public ServerLog {
        timelines = List.copyOf(timelines);
    }

    /** Asks a walsender, which alone tells where a timeline was left. */
    public static ServerLog read(Connections connections) throws SQLException {
        try (Connection walsender = connections.openReplication();
                Statement statement = walsender.createStatement()) {
            String system;
            long timeline;
            try (ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
                row.next();
                system = row.getString("systemid");
                timeline = row.getLong("timeline");
            }
            if (timeline == 1) {
                return new ServerLog(system, List.of(new Timeline(1, Lsn.ZERO)));
            }
            try (ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + timeline)) {
                row.next();
                return new ServerLog(
                        system, timelines(new String(row.getBytes("content"), StandardCharsets.UTF_8), timeline));
            }
        }
    }

    /** Reads a history file: for each timeline that was left its number and where, then why, between tabs. */
    static List<Timeline> timelines(String history, long current) {
        List<Timeline> timelines = new ArrayList<>();
        Lsn from = Lsn.ZERO;
        for (String line : history.lines().toList()) {
            String[] fields = line.strip().split("\\s+", 3);
            if (fields.length >= 2 && !fields[0].startsWith("#")) {
                timelines.add(new Timeline(Long.parseLong(fields[0]), from));
                from = Lsn.parse(fields[1]);
            }
        }
        timelines.add(new Timeline(current, from));
        return timelines;
    }
}
