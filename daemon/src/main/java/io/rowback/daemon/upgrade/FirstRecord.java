package io.rowback.daemon.upgrade;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.TransactionId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The record with which the log of a new server begins, as {@code pg_waldump -n 1} prints it. {@code pg_upgrade} ends by
 * having {@code pg_resetwal} write it: that is why no record comes before it.
 *
 * @param next the transaction id that the server hands out first
 */
public record FirstRecord(TransactionId next) {
    private static final Pattern LINE = Pattern.compile(
            "rmgr: XLOG .* prev 0/0+, desc: CHECKPOINT_SHUTDOWN .* xid (\\d{1,10}):(\\d{1,10});.*", Pattern.DOTALL);

    /**
     * Reads it.
     *
     * @throws RowbackException of code USAGE if it is something else, another record say
     */
    public static FirstRecord parse(String text) {
        Matcher line = LINE.matcher(text.strip());
        if (!line.matches()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "what --new names is not the record with which pg_upgrade lets a log begin",
                    "`pg_waldump -n 1 FILE` prints it, FILE being the first in NEW/pg_wal, the folder of the new server's"
                            + " data; once the server has removed it, only --gap is left.");
        }
        return new FirstRecord(TransactionId.of(Long.parseLong(line.group(1)), Long.parseLong(line.group(2))));
    }
}
