package io.rowback.restore.expression;

import io.rowback.history.Column;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.time.DateTimeException;
import org.jspecify.annotations.Nullable;

/** What stands on one side of a comparison. */
sealed interface Operand {
    /** A column of the row. */
    record OfColumn(Column column) implements Operand {
        @Override
        public String toString() {
            return column.name();
        }
    }

    /** A string, a number, TRUE, FALSE or NULL. */
    record Constant(Token token) implements Operand {
        boolean isNull() {
            return token.is("null");
        }

        /** The constant as a value of the column's type, ordered so. */
        Object valueFor(Column column, Ordering ordering) {
            boolean fits =
                    switch (ordering) {
                        case DECIMAL, REAL, DOUBLE ->
                            token.kind() == Token.Kind.STRING || token.kind() == Token.Kind.NUMBER;
                        case BOOLEAN -> token.kind() == Token.Kind.STRING || token.kind() == Token.Kind.WORD;
                        case TEXT, PADDED, DATE, TIMESTAMP, TIMESTAMPTZ, UUID, JSONB ->
                            token.kind() == Token.Kind.STRING;
                    };
            if (fits) {
                try {
                    return token.kind() == Token.Kind.NUMBER
                            ? ordering.number(token.text())
                            : ordering.constant(token.text(), column);
                } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
                    throw mismatch(column, e);
                }
            }
            throw mismatch(column, null);
        }

        private RowbackException mismatch(Column column, @Nullable Exception cause) {
            return new RowbackException(
                    ErrorCode.USAGE,
                    token + " is no " + column.type() + ", the type of column " + column.name(),
                    "Write texts, times and uuids in single quotes, as Postgres prints them.",
                    cause);
        }

        @Override
        public String toString() {
            return token.toString();
        }
    }
}
