package io.rowback.restore.expression;

import io.rowback.history.Column;
import io.rowback.history.ColumnValue;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads a condition by recursive descent: OR binds loosest, then AND, then NOT, then the comparisons. */
final class ExpressionParser {
    private static final Map<String, String> MIRRORED = Map.of("<", ">", "<=", ">=", ">", "<", ">=", "<=");
    private static final Set<String> OPERATORS = Set.of("=", "<>", "!=", "<", "<=", ">", ">=");
    private static final Set<String> CONSTANTS = Set.of("true", "false", "null");
    private static final int DEEPEST = 100;

    private final List<Token> tokens;
    private final TableSchema table;
    private int next;
    private int depth;

    ExpressionParser(String text, TableSchema table) {
        this.tokens = Token.split(text);
        this.table = table;
    }

    Expression parse() {
        Expression whole = disjunction();
        if (peek().kind() != Token.Kind.END) {
            throw refused("expected AND, OR or the end of the condition, not " + peek());
        }
        return whole;
    }

    /** That a column lies between two constants, of which the second is not the lower one. */
    Expression between(Column column, String low, String high) {
        Ordering ordering = Ordering.of(column);
        Token first = new Token(Token.Kind.STRING, low);
        Token last = new Token(Token.Kind.STRING, high);
        Object lowest = new Operand.Constant(first).valueFor(column, ordering);
        if (ordering.compare(lowest, new Operand.Constant(last).valueFor(column, ordering)) > 0) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "no " + column.name() + " lies from " + low + " to " + high,
                    "The lower end of a range comes first: " + high + ".." + low + ".");
        }
        Operand left = new Operand.OfColumn(column);
        Expression atLeast = compare(left, ">=", new Operand.Constant(first));
        Expression atMost = compare(left, "<=", new Operand.Constant(last));
        return row -> atLeast.test(row).and(atMost.test(row));
    }

    private Expression disjunction() {
        if (++depth > DEEPEST) {
            throw refused("the condition is nested too deeply");
        }
        Expression left = conjunction();
        while (skip("or")) {
            Expression one = left;
            Expression other = conjunction();
            left = row -> one.test(row).or(other.test(row));
        }
        depth--;
        return left;
    }

    private Expression conjunction() {
        Expression left = negation();
        while (skip("and")) {
            Expression one = left;
            Expression other = negation();
            left = row -> one.test(row).and(other.test(row));
        }
        return left;
    }

    private Expression negation() {
        boolean negated = false;
        while (skip("not")) {
            negated = !negated;
        }
        Expression condition = predicate();
        return negated ? not(condition) : condition;
    }

    private static Expression not(Expression condition) {
        return row -> condition.test(row).not();
    }

    private Expression predicate() {
        if (skip("(")) {
            Expression inner = disjunction();
            expect(")");
            return inner;
        }
        Operand left = operand();
        if (skip("is")) {
            boolean negated = skip("not");
            expect("null");
            Expression isNull = isNull(columnOf(left));
            return negated ? not(isNull) : isNull;
        }
        boolean negated = skip("not");
        Expression condition = comparison(left, negated);
        return negated ? not(condition) : condition;
    }

    private static Expression isNull(Column column) {
        return row -> {
            ColumnValue value = row.value(column.name());
            return value.isUnknown() ? Truth.UNKNOWN : Truth.of(value.isNull());
        };
    }

    private Expression comparison(Operand left, boolean negated) {
        if (skip("between")) {
            Expression atLeast = compare(left, ">=", operand());
            expect("and");
            Expression atMost = compare(left, "<=", operand());
            return row -> atLeast.test(row).and(atMost.test(row));
        }
        if (skip("in")) {
            return membership(left);
        }
        if (skip("like")) {
            return like(columnOf(left), operand());
        }
        if (negated) {
            throw refused("expected BETWEEN, IN or LIKE after NOT, not " + peek());
        }
        if (peek().kind() == Token.Kind.OPERATOR && OPERATORS.contains(peek().text())) {
            return compare(left, take().text(), operand());
        }
        if (left instanceof Operand.OfColumn of && of.column().type().equals("boolean")) {
            return compare(left, "=", new Operand.Constant(new Token(Token.Kind.WORD, "true")));
        }
        throw refused("expected a comparison after " + left + ", not " + peek());
    }

    private Expression membership(Operand left) {
        expect("(");
        List<Operand> members = new ArrayList<>();
        do {
            members.add(operand());
        } while (skip(","));
        expect(")");
        // Several constants are an array to Postgres, and an array of a real's own type.
        boolean array = members.stream()
                        .filter(Operand.Constant.class::isInstance)
                        .limit(2)
                        .count()
                == 2;
        List<Expression> equalities = members.stream()
                .map(member -> compare(left, "=", member, !array))
                .toList();
        return row -> equalities.stream().map(equality -> equality.test(row)).reduce(Truth.FALSE, Truth::or);
    }

    private Expression like(Column column, Operand right) {
        Ordering ordering = Ordering.of(column);
        if ((ordering != Ordering.TEXT && ordering != Ordering.PADDED)
                || !(right instanceof Operand.Constant constant)
                || constant.token().kind() != Token.Kind.STRING) {
            throw refused("LIKE wants a text column and a pattern in quotes, not " + column.name() + " and " + right);
        }
        try {
            LikePattern pattern = new LikePattern(constant.token().text());
            return row -> truth(row.value(column.name()), pattern::matches);
        } catch (IllegalArgumentException e) {
            throw new RowbackException(ErrorCode.USAGE, e.getMessage() + "", "Double it to mean a backslash.", e);
        }
    }

    private Expression compare(Operand left, String operator, Operand right) {
        return compare(left, operator, right, true);
    }

    private Expression compare(Operand left, String operator, Operand right, boolean widens) {
        if (left instanceof Operand.Constant && right instanceof Operand.OfColumn) {
            return compare(right, MIRRORED.getOrDefault(operator, operator), left, widens);
        }
        Column column = columnOf(left);
        Ordering ordering = Ordering.of(column);
        if (MIRRORED.containsKey(operator) && ordering == Ordering.JSONB) {
            throw refused("column " + column.name() + " is of type jsonb, which is compared by = and <> alone");
        }
        if (MIRRORED.containsKey(operator) && !column.byteOrdered()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "the order of column " + column.name() + " depends on its collation, which only the server knows",
                    "Compare it with =, <>, IN or LIKE, or narrow by another column.");
        }
        if (right instanceof Operand.OfColumn other) {
            return compareColumns(column, operator, other.column());
        }
        Operand.Constant constant = (Operand.Constant) right;
        if (constant.isNull()) {
            return row -> Truth.NULL;
        }
        // A number without quotes is a numeric to Postgres, and a real is widened before they are compared.
        boolean widened =
                widens && ordering == Ordering.REAL && constant.token().kind() == Token.Kind.NUMBER;
        Object bound = constant.valueFor(column, widened ? Ordering.DOUBLE : ordering);
        return row ->
                truth(row.value(column.name()), text -> holds(operator, ordering.compare(ordering.value(text), bound)));
    }

    private Expression compareColumns(Column left, String operator, Column right) {
        Ordering ordering = Ordering.of(left);
        if (Ordering.of(right) != ordering) {
            throw refused("columns " + left.name() + " and " + right.name() + " are of different types");
        }
        return row -> {
            ColumnValue one = row.value(left.name());
            ColumnValue other = row.value(right.name());
            if (one.isNull() || other.isNull()) {
                return Truth.NULL;
            }
            return one instanceof ColumnValue.Text text && other instanceof ColumnValue.Text otherText
                    ? Truth.of(holds(
                            operator, ordering.compare(ordering.value(text.text()), ordering.value(otherText.text()))))
                    : Truth.UNKNOWN;
        };
    }

    private static Truth truth(ColumnValue value, Predicate<String> predicate) {
        if (value instanceof ColumnValue.Text text) {
            return Truth.of(predicate.test(text.text()));
        }
        return value.isNull() ? Truth.NULL : Truth.UNKNOWN;
    }

    private static boolean holds(String operator, int order) {
        return switch (operator) {
            case "=" -> order == 0;
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            case ">=" -> order >= 0;
            default -> order != 0;
        };
    }

    private Operand operand() {
        Token token = take();
        switch (token.kind()) {
            case STRING, NUMBER -> {
                return new Operand.Constant(token);
            }
            case OPERATOR -> {
                if ((token.is("-") || token.is("+")) && peek().kind() == Token.Kind.NUMBER) {
                    String sign = token.is("-") ? "-" : "";
                    return new Operand.Constant(new Token(Token.Kind.NUMBER, sign + take().text()));
                }
            }
            case WORD -> {
                return CONSTANTS.contains(token.text()) ? new Operand.Constant(token) : column(token);
            }
            case QUOTED -> {
                return column(token);
            }
            case END -> {}
        }
        throw refused("expected a column or a constant, not " + token);
    }

    private Operand column(Token token) {
        if (table.indexOf(token.text()) < 0) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "table " + table.name() + " has no column " + token,
                    "Its columns are "
                            + table.columns().stream().map(Column::name).collect(Collectors.joining(", ")) + ".");
        }
        return new Operand.OfColumn(table.column(token.text()));
    }

    private Column columnOf(Operand operand) {
        if (operand instanceof Operand.OfColumn of) {
            return of.column();
        }
        throw refused("expected a column, not " + operand);
    }

    private Token peek() {
        return tokens.get(next);
    }

    private Token take() {
        Token token = peek();
        if (token.kind() != Token.Kind.END) {
            next++;
        }
        return token;
    }

    private boolean skip(String word) {
        if (!peek().is(word)) {
            return false;
        }
        next++;
        return true;
    }

    private void expect(String word) {
        if (!skip(word)) {
            throw refused("expected " + word.toUpperCase(Locale.ROOT) + ", not " + peek());
        }
    }

    private static RowbackException refused(String message) {
        return new RowbackException(
                ErrorCode.USAGE,
                "in the condition: " + message,
                "Example: plan = 'pro' and created_at between '2026-05-01' and '2026-06-01'.");
    }
}
