package io.rowback.demo;

import io.rowback.history.ErrorCode;
import java.util.ArrayList;
import java.util.List;

/** Names, keys and types that break careless SQL; two mistakes on one row, and one on a row that others refer to. */
final class TangledNames implements Incident {
    private static final String ZOO = "\"Zoo \"\"9\"\"\"";

    @Override
    public String name() {
        return "tangled-names";
    }

    @Override
    public List<String> find(Support support) {
        List<String> house = support.changedBy(ZOO + ".\"Tier-Häuser\"", "t=Nord,select=1");
        List<String> keeper = support.changedBy(ZOO + ".t", "1");
        List<String> mistakes = new ArrayList<>(house.subList(house.size() - 2, house.size()));
        mistakes.add(keeper.get(keeper.size() - 1));
        return List.of("--tx", String.join(",", mistakes));
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
