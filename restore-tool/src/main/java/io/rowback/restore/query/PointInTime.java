package io.rowback.restore.query;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryReader;
import io.rowback.history.Lsn;
import io.rowback.history.RowbackException;
import io.rowback.history.Transaction;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A point in time as an operator names it. It stands for one prefix of the commit order: all commits below the LSN that
 * {@link #resolve} gives. Each prints itself, since picocli has every value that it sets printed, and what records have for
 * that takes long when it first runs.
 */
public sealed interface PointInTime {
    /** Just before the first commit at or after this time. */
    record AtTime(Instant time) implements PointInTime {
        @Override
        public String toString() {
            return time.toString();
        }
    }

    /** That long before now. */
    record Ago(Duration duration) implements PointInTime {
        @Override
        public String toString() {
            return "-" + duration;
        }
    }

    /** Just below this position. */
    record AtLsn(Lsn lsn) implements PointInTime {
        @Override
        public String toString() {
            return "lsn:" + lsn;
        }
    }

    /** Just before this transaction's commit. */
    record BeforeTransaction(long xid) implements PointInTime {
        @Override
        public String toString() {
            return "tx:" + Long.toUnsignedString(xid);
        }
    }

    /** Behind everything that the history holds. */
    record Now() implements PointInTime {
        @Override
        public String toString() {
            return "now";
        }
    }

    /**
     * Reads {@code 2026-05-01T10:00:00Z} (zone needed), {@code lsn:0/16B3748}, {@code tx:1234}, {@code -10min} or
     * {@code now}.
     *
     * @throws RowbackException of code USAGE if it is none of them
     */
    static PointInTime parse(String text) {
        try {
            if (text.equals("now")) {
                return new Now();
            }
            if (text.startsWith("lsn:")) {
                return new AtLsn(Lsn.parse(text.substring(4)));
            }
            if (text.startsWith("tx:")) {
                return new BeforeTransaction(Long.parseUnsignedLong(text.substring(3)));
            }
            Matcher ago = Syntax.AGO.matcher(text);
            if (ago.matches()) {
                return new Ago(Syntax.duration(Long.parseLong(ago.group(1)), ago.group(2)));
            }
            return new AtTime(Syntax.instant(text));
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
            String hint = Syntax.LOCAL.matcher(text).matches()
                    ? "A time needs its zone: " + text.replace(' ', 'T') + "Z for UTC, or with +02:00 and the like."
                    : "Write 2026-05-01T10:00:00Z, lsn:0/16B3748, tx:1234, -10min (s, min, h, d) or now.";
            throw new RowbackException(ErrorCode.USAGE, "not a point in time: " + text, hint, e);
        }
    }

    /** Whether to resolve it takes neither times nor ids of transactions. */
    default boolean isLsn() {
        return this instanceof AtLsn || this instanceof Now;
    }

    /**
     * The LSN below which every commit belongs to this point.
     *
     * @throws RowbackException of code NOT_COVERED if it lies beyond what the history holds
     */
    default Lsn resolve(HistoryReader reader, Clock clock) {
        if (this instanceof AtLsn at) {
            return notBeyond(at.lsn(), reader);
        }
        if (this instanceof BeforeTransaction before) {
            return transaction(reader, before.xid()).commit();
        }
        if (this instanceof Ago ago) {
            return reader.positionAt(clock.instant().minus(ago.duration()));
        }
        if (this instanceof AtTime at) {
            if (at.time().isAfter(clock.instant())) {
                throw new RowbackException(
                        ErrorCode.NOT_COVERED, at.time() + " has not come yet", "Use now for what the history holds.");
            }
            return reader.positionAt(at.time());
        }
        return reader.info().durable();
    }

    /**
     * The transaction that an operator means by this id, 64-bit or as the log shows it.
     *
     * @throws RowbackException of code NOT_COVERED if the history holds none, of code USAGE if it holds two
     */
    static Transaction transaction(HistoryReader reader, long xid) {
        List<Transaction> found = reader.transactionsOf(xid);
        if (found.isEmpty()) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "the history holds no transaction " + Long.toUnsignedString(xid),
                    "It may have changed no captured table, have rolled back or not have arrived yet;"
                            + " see rowback transactions.");
        }
        if (found.size() > 1) {
            String candidates = found.stream()
                    .map(transaction -> transaction.id() + " (" + transaction.time() + ")")
                    .collect(Collectors.joining(", "));
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "transaction id " + xid + " was used more than once",
                    "Name one by its 64-bit id: " + candidates + ".");
        }
        return found.get(0);
    }

    private static Lsn notBeyond(Lsn lsn, HistoryReader reader) {
        Lsn durable = reader.info().durable();
        if (durable.isBefore(lsn)) {
            throw new RowbackException(
                    ErrorCode.NOT_COVERED,
                    "LSN " + lsn + " lies beyond the durable position " + durable,
                    "Wait for the daemon to get there (rowback status), or use now.");
        }
        return lsn;
    }

    /** How points in time are written. */
    final class Syntax {
        private static final Pattern AGO = Pattern.compile("-(\\d+)(s|min|h|d)");
        private static final Pattern LOCAL =
                Pattern.compile("\\d{4}-\\d\\d-\\d\\d([T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?)?");
        private static final Pattern DAY_WITH_ZONE = Pattern.compile("(\\d{4}-\\d\\d-\\d\\d)(Z|[+-]\\d\\d:?\\d\\d)");
        private static final Pattern SHORT_ZONE = Pattern.compile("(.*[T ]\\d\\d:\\d\\d.*[+-]\\d\\d)(\\d\\d)?");

        private Syntax() {}

        private static Duration duration(long number, String unit) {
            return switch (unit) {
                case "s" -> Duration.ofSeconds(number);
                case "min" -> Duration.ofMinutes(number);
                case "h" -> Duration.ofHours(number);
                default -> Duration.ofDays(number);
            };
        }

        /** Reads ISO-8601 and what Postgres prints: a blank for the T, a zone without minutes. */
        private static Instant instant(String text) {
            String iso = DAY_WITH_ZONE.matcher(text).replaceFirst("$1T00:00$2");
            Matcher shortZone = SHORT_ZONE.matcher(iso);
            if (shortZone.matches()) {
                iso = shortZone.group(1) + ":" + (shortZone.group(2) == null ? "00" : shortZone.group(2));
            }
            return OffsetDateTime.parse(iso.replace(' ', 'T')).toInstant();
        }
    }
}
