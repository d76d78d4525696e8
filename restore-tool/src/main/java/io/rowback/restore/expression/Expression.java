package io.rowback.restore.expression;

import io.rowback.history.Column;
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

    /**
     * That a column lies between two values, both included.
     *
     * @throws io.rowback.history.RowbackException of code USAGE if they are no values of the column's type
     */
    static Expression between(Column column, String low, String high, TableSchema table) {
        return new ExpressionParser("", table).between(column, low, high);
    }
}
