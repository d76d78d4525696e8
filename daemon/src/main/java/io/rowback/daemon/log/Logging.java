package io.rowback.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import io.rowback.postgres.Config;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The daemon's log as the configuration wants it; before that it is text at level INFO. */
public final class Logging {
    /** Whose debug messages may help; the driver's tell what it sends, and so passwords and values. */
    private static final List<String> TALKATIVE = List.of("io.rowback", "io.debezium", "org.apache.kafka");

    private Logging() {}

    /** Makes the log so. To be called before anything is captured. */
    public static void configure(Config.Log wanted) {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Iterator<ch.qos.logback.core.Appender<ILoggingEvent>> appenders =
                context.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders();
        while (wanted.json() && appenders.hasNext()) {
            if (appenders.next() instanceof OutputStreamAppender<ILoggingEvent> appender) {
                LogLines lines = new LogLines(true);
                lines.setContext(context);
                lines.start();
                appender.setEncoder(lines);
            }
        }
        if (wanted.debug()) {
            TALKATIVE.forEach(name -> context.getLogger(name).setLevel(Level.DEBUG));
        }
    }
}
