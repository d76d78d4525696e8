package io.rowback.history;

import org.jspecify.annotations.Nullable;

/**
 * A failure that an operator can understand and act on. The message is lower case without a full stop; the hint is a
 * sentence that says what to do next. A broken invariant is never this, but an {@link IllegalStateException}.
 */
public final class RowbackException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final @Nullable String hint;

    public RowbackException(ErrorCode code, String message, @Nullable String hint) {
        this(code, message, hint, null);
    }

    public RowbackException(ErrorCode code, String message, @Nullable String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
    }

    /** The kind of failure. */
    public ErrorCode code() {
        return code;
    }

    /** What to do next, or null where nothing helpful can be said. */
    public @Nullable String hint() {
        return hint;
    }
}
