package io.rowback.restore.expression;

import io.rowback.history.RowImage;
import io.rowback.history.TableSchema;

/** A condition on the rows of one table. */
@FunctionalInterface
public interface Expression {
    /** What the condition says of this row. */
    Truth test(RowImage row);

    /**
     * Reads a condition on rows of that table.
     *
     * @throws io.rowback.history.RowbackException of code USAGE if it cannot be read or evaluated
     */
    static Expression parse(String text, TableSchema table) {
        return new ExpressionParser(text, table).parse();
    }
}
