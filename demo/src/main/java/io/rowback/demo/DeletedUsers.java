package io.rowback.demo;

import io.rowback.history.ErrorCode;
import java.util.List;

/**
 * An upsert of test users overwrote real ones, and the clean-up deleted every user of a range of ids. To put a user back
 * as the row was before both, the transaction that inserted the test users is undone too, or they would come back.
 */
public final class DeletedUsers implements Incident {
    @Override
    public String name() {
        return "deleted-users";
    }

    @Override
    public List<String> find(Support support) {
        support.says("Who deleted many rows?");
        support.asks("transactions", "--op", "delete", "--min-rows", "10");
        support.says("A user wrote in: number -91111111. What happened to that row, and to all that belongs to it?");
        support.asks("history", "users", "-91111111", "--related");
        List<String> victim = support.changedBy("users", "-91111111");
        List<String> overwrittenAndDeleted = victim.subList(victim.size() - 2, victim.size());
        support.says(
                "Deleted by one transaction, overwritten by the one before it. Where did the test users come from?");
        support.asks("transactions", "--table", "users", "--op", "insert");
        String inserted = support.changedBy("users", "-91111101").get(0);
        return List.of("--tx", inserted + "," + String.join(",", overwrittenAndDeleted));
    }

    @Override
    public ErrorCode ending() {
        return ErrorCode.DONE;
    }

    @Override
    public List<String> mentions() {
        return List.of();
    }

    @Override
    public String toString() {
        return name();
    }
}
