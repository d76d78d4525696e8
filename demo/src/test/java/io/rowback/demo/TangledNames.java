package io.rowback.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.rowback.history.ErrorCode;
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
        List<JsonNode> house = support.reads("history", ZOO + ".\"Tier-Häuser\"", "t=Nord,select=1");
        List<JsonNode> keeper = support.reads("history", ZOO + ".t", "1");
        int last = house.size() - 1;
        return List.of(
                "--tx",
                String.join(",", xid(house.get(last - 1)), xid(house.get(last)), xid(keeper.get(keeper.size() - 1))));
    }

    private static String xid(JsonNode change) {
        return change.get("xid").asText();
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
