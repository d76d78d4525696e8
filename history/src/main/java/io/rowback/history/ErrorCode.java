package io.rowback.history;

/** How a command ended: the kind of failure and the process's exit code, which are a promise to scripts. */
public enum ErrorCode {
    /** All was done. */
    DONE(0),
    /** It failed for a reason that no other code names. */
    FAILED(1),
    /** The command line or a configuration file is wrong. */
    USAGE(2),
    /** Done, but something was skipped; each thing skipped was listed. */
    PARTIAL(3),
    /** Refused: nothing was written. */
    REFUSED(4),
    /** There is no store at the place named. */
    NO_STORE(10),
    /** The store is locked by another process or has a format that this version does not read. */
    STORE_UNUSABLE(11),
    /** The history does not cover the point in time asked for. */
    NOT_COVERED(12),
    /** Postgres cannot be reached. */
    NO_POSTGRES(13),
    /** The store is corrupt. */
    STORE_CORRUPT(14),
    /** Interrupted by a signal. */
    INTERRUPTED(130);

    private final int exitCode;

    ErrorCode(int exitCode) {
        this.exitCode = exitCode;
    }

    /** The process's exit status, 0 to 255. */
    public int exitCode() {
        return exitCode;
    }
}
