package io.rowback.restore.expression;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A piece of a condition.
 *
 * @param kind what it is
 * @param text a name as the catalog holds it, a string's content, a number or an operator as typed
 */
record Token(Kind kind, String text) {
    enum Kind {
        /** A name or key word, folded to lower case. */
        WORD,
        /** A name in double quotes. */
        QUOTED,
        STRING,
        NUMBER,
        OPERATOR,
        END
    }

    private static final Pattern PIECE = Pattern.compile(
            "(?<word>[\\p{L}_][\\p{L}\\p{N}_$]*)|\"(?<quoted>(?:[^\"]|\"\")+)\"|'(?<string>(?:[^']|'')*)'"
                    + "|(?<number>(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?)|(?<operator><=|>=|<>|!=|[-+=<>(),])");
    private static final Pattern SPACE = Pattern.compile("\\s*");

    /** The pieces of a text, an END at last. */
    static List<Token> split(String text) {
        List<Token> tokens = new ArrayList<>();
        Matcher piece = PIECE.matcher(text);
        Matcher space = SPACE.matcher(text);
        int at = 0;
        while (true) {
            space.region(at, text.length()).lookingAt();
            at = space.end();
            if (at == text.length()) {
                tokens.add(new Token(Kind.END, ""));
                return tokens;
            }
            if (!piece.region(at, text.length()).lookingAt()) {
                throw unreadable(text.substring(at));
            }
            tokens.add(of(piece));
            at = piece.end();
        }
    }

    private static Token of(Matcher piece) {
        if (piece.group("word") != null) {
            return new Token(Kind.WORD, piece.group("word").toLowerCase(Locale.ROOT));
        }
        if (piece.group("quoted") != null) {
            return new Token(Kind.QUOTED, piece.group("quoted").replace("\"\"", "\""));
        }
        if (piece.group("string") != null) {
            return new Token(Kind.STRING, piece.group("string").replace("''", "'"));
        }
        return piece.group("number") != null
                ? new Token(Kind.NUMBER, piece.group("number"))
                : new Token(Kind.OPERATOR, piece.group("operator"));
    }

    private static RowbackException unreadable(String rest) {
        return new RowbackException(
                ErrorCode.USAGE,
                "the condition cannot be read from here on: " + rest,
                "It may hold columns, constants, = <> < <= > >=, BETWEEN, IN, LIKE, IS NULL, AND, OR, NOT and parentheses.");
    }

    boolean is(String word) {
        return (kind == Kind.WORD || kind == Kind.OPERATOR) && text.equals(word);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case END -> "the end";
            case STRING -> "'" + text + "'";
            case QUOTED -> "\"" + text + "\"";
            case WORD, NUMBER, OPERATOR -> text;
        };
    }
}
