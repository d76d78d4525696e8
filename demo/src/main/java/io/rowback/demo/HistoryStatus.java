package io.rowback.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rowback.history.ErrorCode;
import io.rowback.history.Lsn;
import java.util.List;

/**
 * How far the history has come, as {@code rowback status} tells it.
 *
 * @param durable everything below is held
 * @param coveredTables tables whose rows are known
 */
record HistoryStatus(Lsn durable, int coveredTables) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static HistoryStatus read(Installation installation) {
        Output output = installation.rowback(List.of("--json", "status"));
        if (output.exitCode() == ErrorCode.NO_STORE.exitCode()) {
            return new HistoryStatus(Lsn.ZERO, 0);
        }
        if (output.exitCode() != 0) {
            throw new IllegalStateException("rowback status ended with " + output.exitCode() + ": " + output.err());
        }
        try {
            JsonNode status = JSON.readTree(output.out());
            int covered =
                    status.get("tables").asInt() - status.get("not_covered").size();
            return new HistoryStatus(Lsn.parse(status.get("durable").asText()), covered);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON: " + output.out(), e);
        }
    }
}
