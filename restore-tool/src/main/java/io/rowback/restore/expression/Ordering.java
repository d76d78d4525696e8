package io.rowback.restore.expression;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How the values of a type compare. {@link #value} turns the text of a value into something whose order is the
 * server's; values of one ordering compare with each other only.
 */
enum Ordering {
    DECIMAL,
    REAL,
    DOUBLE,
    TEXT,
    /** Text of fixed length, whose trailing blanks mean nothing. */
    PADDED,
    DATE,
    TIMESTAMP,
    TIMESTAMPTZ,
    BOOLEAN,
    UUID,
    /** Documents, which are equal or not; their order is nothing that people ask for. */
    JSONB;

    private static final int UUID_LENGTH = 36;
    private static final Pattern FLOAT =
            Pattern.compile("[-+]?(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?|Infinity|NaN)");
    private static final Pattern NOT_ZERO = Pattern.compile("[-+.0]*[1-9]");

    /**
     * The ordering of a column's type.
     *
     * @throws RowbackException of code USAGE if we cannot compare values of this type
     */
    static Ordering of(Column column) {
        String type = column.type().replaceFirst("\\(.*\\)", "");
        return switch (type) {
            case "smallint", "integer", "bigint", "numeric", "oid" -> DECIMAL;
            case "real" -> REAL;
            case "double precision" -> DOUBLE;
            case "text", "character varying", "name" -> TEXT;
            case "character", "bpchar" -> PADDED;
            case "date" -> DATE;
            case "timestamp without time zone" -> TIMESTAMP;
            case "timestamp with time zone" -> TIMESTAMPTZ;
            case "boolean" -> BOOLEAN;
            case "uuid" -> UUID;
            case "jsonb" -> JSONB;
            default ->
                throw new RowbackException(
                        ErrorCode.USAGE,
                        "column " + column.name() + " is of type " + column.type()
                                + ", which a condition cannot compare",
                        "Only IS NULL and IS NOT NULL are understood for this type.");
        };
    }

    /**
     * The value of a constant in quotes.
     *
     * @throws IllegalArgumentException if it is no value of this type
     * @throws DateTimeException if it is no date or time
     */
    Object constant(String text, Column column) {
        switch (this) {
            case DECIMAL -> {
                if (!column.type().startsWith("numeric")) {
                    return new Decimal(0, new BigDecimal(Long.parseLong(text.strip())));
                }
            }
            case DATE, TIMESTAMP, TIMESTAMPTZ -> checkMoment(Moment.parse(text));
            case BOOLEAN -> {
                return switch (text.strip().toLowerCase(Locale.ROOT)) {
                    case "t", "true", "yes", "on", "1" -> true;
                    case "f", "false", "no", "off", "0" -> false;
                    default -> throw new IllegalArgumentException("not a boolean");
                };
            }
            case UUID -> {
                if (text.length() != UUID_LENGTH) {
                    throw new IllegalArgumentException("not a uuid");
                }
                return java.util.UUID.fromString(text).toString();
            }
            case REAL, DOUBLE -> {
                // Java takes more spellings: 1d, 0x1p3.
                if (!FLOAT.matcher(text.strip()).matches()) {
                    throw new IllegalArgumentException("not a number");
                }
                return number(text.strip());
            }
            case TEXT, PADDED, JSONB -> {}
        }
        return value(text);
    }

    /**
     * The value of a number.
     *
     * @throws ArithmeticException if the type does not reach so far: Java makes it infinite or zero then, the server refuses it
     */
    Object number(String text) {
        Object value = value(text);
        if (value instanceof Double number
                && ((number.isInfinite() && !text.endsWith("Infinity"))
                        || (number == 0 && NOT_ZERO.matcher(text).lookingAt()))) {
            throw new ArithmeticException("out of range");
        }
        return value;
    }

    private void checkMoment(Moment moment) {
        if (this == DATE && moment.hasTime()) {
            throw new IllegalArgumentException("a date has no time of day");
        }
        if (this != TIMESTAMPTZ && moment.hasZone()) {
            throw new IllegalArgumentException("the column's type has no zone");
        }
    }

    /** The value that Postgres prints as this text. */
    Object value(String text) {
        return switch (this) {
            case DECIMAL -> Decimal.parse(text);
            case REAL -> (double) Float.parseFloat(text) + 0.0;
            case DOUBLE -> Double.parseDouble(text) + 0.0;
            case TEXT, UUID -> text;
            case PADDED -> text.replaceFirst(" +$", "");
            case DATE, TIMESTAMP, TIMESTAMPTZ -> Moment.parse(text).micros();
            case BOOLEAN -> text.equals("t");
            case JSONB -> JsonDocument.parse(text);
        };
    }

    /** The order of two values, negative, zero or positive; of documents, whether they differ. */
    int compare(Object one, Object other) {
        return switch (this) {
            case DECIMAL -> ((Decimal) one).compareTo((Decimal) other);
            case REAL, DOUBLE -> Double.compare((Double) one, (Double) other);
            case TEXT, PADDED, UUID -> Arrays.compareUnsigned(utf8(one), utf8(other));
            case DATE, TIMESTAMP, TIMESTAMPTZ -> Long.compare((Long) one, (Long) other);
            case BOOLEAN -> Boolean.compare((Boolean) one, (Boolean) other);
            case JSONB -> ((JsonDocument) one).isEqual((JsonDocument) other) ? 0 : 1;
        };
    }

    private static byte[] utf8(Object text) {
        return ((String) text).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * A number with Postgres' order: -Infinity, the finite ones, Infinity, NaN, which equals itself.
     *
     * @param rank -1, 0, 1 or 2
     * @param value the value of a finite one
     */
    record Decimal(int rank, BigDecimal value) implements Comparable<Decimal> {
        static Decimal parse(String text) {
            return switch (text.strip().toLowerCase(Locale.ROOT)) {
                case "-infinity", "-inf" -> new Decimal(-1, BigDecimal.ZERO);
                case "infinity", "inf" -> new Decimal(1, BigDecimal.ZERO);
                case "nan" -> new Decimal(2, BigDecimal.ZERO);
                default -> new Decimal(0, new BigDecimal(text.strip()));
            };
        }

        @Override
        public int compareTo(Decimal other) {
            int order = Integer.compare(rank, other.rank);
            return order != 0 ? order : value.compareTo(other.value);
        }
    }
}
