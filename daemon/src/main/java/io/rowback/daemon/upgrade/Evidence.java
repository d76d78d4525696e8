package io.rowback.daemon.upgrade;

import io.rowback.history.TableName;
import io.rowback.history.TransactionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What tells that nothing was written between the end of the history and a slot of the server that {@code pg_upgrade}
 * made. It is a proof because no row changes without a transaction id, and ids only grow: the old server has handed out
 * none since it was drained, the new one none since it was made.
 *
 * @param drained that the old server was drained
 * @param old the old server as {@code pg_upgrade} left it
 * @param made how the new server's log begins
 */
public record Evidence(Optional<Drained> drained, Optional<ControlData> old, Optional<FirstRecord> made) {
    /**
     * What is not proven; nothing if all is.
     *
     * @param system the server whose history is held
     * @param next the transaction id that the new server hands out next, read when the slot was there
     * @param missing the covered tables that the new server does not have as they were
     */
    public List<String> doubts(String system, TransactionId next, List<TableName> missing) {
        List<String> doubts = new ArrayList<>();
        if (drained.filter(each -> each.systemIdentifier().equals(system)).isEmpty()) {
            doubts.add("`rowbackd drain` has not found all held before the old server was shut down");
        }
        old.ifPresentOrElse(
                server -> ofOld(server, system, doubts),
                () -> doubts.add("without --old nothing tells what the old server did last"));
        made.ifPresentOrElse(
                log -> ofNew(log, next, doubts),
                () -> doubts.add("without --new nothing tells what the new server did first"));
        missing.forEach(table -> doubts.add("table " + table + " does not have the oid that it had"));
        return doubts;
    }

    private void ofOld(ControlData server, String system, List<String> doubts) {
        if (!server.systemIdentifier().equals(system)) {
            doubts.add("--old is of server " + server.systemIdentifier() + ", the history of server " + system);
        }
        if (!server.state().equals(ControlData.SHUT_DOWN)) {
            doubts.add("the old server was not shut down as it should: its state is \"" + server.state() + "\"");
        }
        drained.filter(each -> !each.next().equals(server.next()))
                .ifPresent(each -> doubts.add("the old server has begun to write since it was drained: its next"
                        + " transaction was " + each.next() + ", and " + server.next() + " at its end"));
    }

    private void ofNew(FirstRecord log, TransactionId next, List<String> doubts) {
        if (old.filter(server -> log.next().compareTo(server.next()) < 0).isPresent()) {
            doubts.add("the new server began with transaction " + log.next() + ", which the old one had passed");
        }
        if (!log.next().equals(next)) {
            doubts.add("the new server has begun to write: its next transaction was " + log.next()
                    + " when pg_upgrade was done, and is " + next + " now");
        }
    }
}
