package io.rowback.demo;

import io.rowback.history.ErrorCode;
import java.util.List;

/**
 * An UPDATE that was to clear one stale column cleared two expensive ones with it. Only those two come back: the stale
 * one has been filled again since, and so has one value of the others, which is the one conflict.
 */
public final class NulledColumns implements Incident {
    @Override
    public String name() {
        return "nulled-columns";
    }

    @Override
    public List<String> find(Support support) {
        support.says("A page has lost its training plan: number 150. What happened to that row?");
        support.asks("history", "analysis_results", "150", "--columns", "training_plan");
        List<String> changes = support.changedBy("analysis_results", "150", "--columns", "training_plan");
        String xid = changes.get(changes.size() - 1);
        support.says("One transaction cleared it. What else did that one do?");
        support.asks("transactions", "--table", "analysis_results", "--op", "update", "--min-rows", "10");
        return List.of("--tx", xid, "--columns", "diagnosis,training_plan", "--on-conflict", "skip");
    }

    @Override
    public ErrorCode ending() {
        return ErrorCode.PARTIAL;
    }

    @Override
    public List<String> mentions() {
        return List.of("1 conflict", "Fresh diagnosis");
    }

    @Override
    public String toString() {
        return name();
    }
}
