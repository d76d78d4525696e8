package io.rowback.history;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How the tables were published when that was last looked at. Whoever looks again, after downtime too, can tell a table that
 * was not published for a while: its changes of that time were never sent.
 *
 * @param verified where the server's log ended then; {@link Lsn#ZERO} if nobody has looked yet
 * @param tables the published tables
 */
public record Published(Lsn verified, List<Member> tables) {
    /** Before the first look. */
    public static final Published NEVER = new Published(Lsn.ZERO, List.of());

    public Published {
        tables = List.copyOf(tables);
    }

    /**
     * A published table.
     *
     * @param table which
     * @param membership a text that stays the same only as long as the table is published without interruption
     */
    public record Member(TableId table, String membership) {}

    /** What was found at {@code verified}: each table with its membership. */
    public static Published of(Lsn verified, Map<TableId, String> memberships) {
        return new Published(
                verified,
                memberships.entrySet().stream()
                        .map(each -> new Member(each.getKey(), each.getValue()))
                        .sorted(Comparator.comparing(Member::table))
                        .toList());
    }

    /** Up to where it is certain that no coverage turns out to have ended, as far as that depends on the publication. */
    public Lsn limit() {
        return verified.equals(Lsn.ZERO) ? Lsn.MAX : verified;
    }

    /** The memberships by table. */
    public Map<TableId, String> memberships() {
        Map<TableId, String> memberships = new HashMap<>();
        tables.forEach(member -> memberships.put(member.table(), member.membership()));
        return memberships;
    }

    /** What is known of it once everything from {@code fork} on never happened. */
    public Published voidedFrom(Lsn fork) {
        return verified.isBefore(fork) ? this : new Published(fork, tables);
    }
}
