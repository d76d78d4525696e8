package io.rowback.daemon.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.RootCauseFirstThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rowback.postgres.PrintableText;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * An event of the log as one line: time, level and message; for the journal priority and message; or a JSON document. A
 * name from a database may hold a line break or a terminal's commands, which must not begin a line or be obeyed. A
 * failure that nobody has explained follows with its root cause, first in short.
 */
public final class LogLines extends EncoderBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NOTHING = {};

    private final RootCauseFirstThrowableProxyConverter failures = new RootCauseFirstThrowableProxyConverter();
    private final boolean json;

    /** Lines of text. */
    public LogLines() {
        this(false);
    }

    LogLines(boolean json) {
        this.json = json;
    }

    @Override
    public void start() {
        failures.setOptionList(List.of("short"));
        failures.start();
        super.start();
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        String message = event.getFormattedMessage().replaceAll("[\\r\\n]+", " ");
        String failure = event.getThrowableProxy() == null ? "" : failures.convert(event);
        return (json ? document(event, message, failure) : text(event, message, failure)).getBytes(UTF_8);
    }

    private static String document(ILoggingEvent event, String message, String failure) {
        ObjectNode document = JSON.createObjectNode()
                .put("time", time(event))
                .put("level", event.getLevel().toString().toLowerCase(Locale.ROOT))
                .put("thread", event.getThreadName())
                .put("logger", event.getLoggerName())
                .put("message", message);
        if (!failure.isEmpty()) {
            document.put("failure", failure.strip());
        }
        return document + "\n";
    }

    private static String text(ILoggingEvent event, String message, String failure) {
        String begin = Journal.isListening()
                ? Journal.prefix(priority(event.getLevel()))
                : "%s %-5s ".formatted(time(event), event.getLevel());
        StringBuilder text =
                new StringBuilder(begin).append(PrintableText.oneLine(message)).append('\n');
        String continuation = Journal.isListening() ? begin : "";
        failure.lines().filter(line -> !line.isBlank()).forEach(line -> text.append(continuation)
                .append(PrintableText.oneLine(line.replace("\t", "    ")))
                .append('\n'));
        return text.toString();
    }

    private static int priority(Level level) {
        return level.isGreaterOrEqual(Level.ERROR)
                ? Journal.ERROR
                : level.isGreaterOrEqual(Level.WARN)
                        ? Journal.WARNING
                        : level.isGreaterOrEqual(Level.INFO) ? Journal.INFO : Journal.DEBUG;
    }

    private static String time(ILoggingEvent event) {
        return TIME.format(Instant.ofEpochMilli(event.getTimeStamp()));
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }
}
