package io.rowback.restore.output;

import io.rowback.postgres.Amount;
import io.rowback.postgres.PrintableText;
import io.rowback.restore.daemon.DaemonAnswer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the answer of the daemon looks, as part of a store's state. */
final class DaemonPrinter {
    private DaemonPrinter() {}

    static List<String> lines(DaemonAnswer answer) {
        List<String> lines = new ArrayList<>();
        if (answer instanceof DaemonAnswer.Report report) {
            lines.add("daemon:            " + report.state() + " since " + report.since());
            lines.add("behind:            " + behind(report));
            DaemonAnswer.Failure failure = report.lastFailure();
            if (failure != null) {
                lines.add("last failure:      " + failure.time() + ": " + failure.message()
                        + (failure.hint() == null ? "" : "; " + failure.hint()));
            }
        } else if (answer instanceof DaemonAnswer.Silence silence) {
            lines.add("daemon:            no answer" + (silence.address().isEmpty() ? "" : " at " + silence.address())
                    + ": " + silence.reason());
        }
        return lines.stream().map(PrintableText::oneLine).toList();
    }

    private static String behind(DaemonAnswer.Report report) {
        Double seconds = report.rpoSeconds();
        String commits = seconds == null
                ? "how old the oldest commit that is not held is, is not known"
                : seconds == 0
                        ? "every commit is held"
                        : "the oldest commit that is not held is at most " + seconds + " s old";
        Long bytes = report.lagBytes();
        String log = bytes == null ? "not known how much" : Amount.bytes(bytes.doubleValue());
        return log + " of the server's log; " + commits;
    }

    static JsonObject document(DaemonAnswer answer) {
        JsonObject document = new JsonObject().put("address", answer.address());
        if (answer instanceof DaemonAnswer.Silence silence) {
            return document.put("answered", false).put("reason", silence.reason());
        }
        DaemonAnswer.Report report = (DaemonAnswer.Report) answer;
        return document.put("answered", true)
                .put("state", report.state())
                .put("since", report.since())
                .put("durable", report.durable())
                .putNumber("lag_bytes", report.lagBytes())
                .putNumber("rpo_seconds", report.rpoSeconds())
                .putObject("last_failure", failure(report.lastFailure()));
    }

    private static @Nullable JsonObject failure(DaemonAnswer.@Nullable Failure failure) {
        return failure == null
                ? null
                : new JsonObject()
                        .put("time", failure.time())
                        .put("message", failure.message())
                        .put("hint", failure.hint());
    }
}
