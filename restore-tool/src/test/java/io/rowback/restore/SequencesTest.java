package io.rowback.restore;

import static io.rowback.history.HistoryFixture.insert;
import static io.rowback.history.TableFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.HistoryFixture;
import io.rowback.history.HistoryWriter;
import io.rowback.history.Lsn;
import io.rowback.history.Retention;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableFixture;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import io.rowback.history.store.RocksHistoryWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code sequences}, on a life in which one sequence jumps and is set back and another one is dropped. */
final class SequencesTest {
    private static final TableSchema USERS =
            TableFixture.table("users").column("id", "bigint").key("id").build();

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();

    @BeforeAll
    static void fillStore() {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(folder)) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(USERS);
            SequenceSample.Owner owner = new SequenceSample.Owner(USERS.id(), "id");
            sample(writer, life, 16500, "users_id_seq", owner, 10L, false);
            sample(writer, life, 16501, "odd\nname", null, 7L, false);
            life.commit(insert(row(USERS, "11")), insert(row(USERS, "12")));
            sample(writer, life, 16500, "users_id_seq", owner, 90_012L, false);
            life.commit(IntStream.range(0, 5_000)
                    .mapToObj(n -> insert(row(USERS, "1" + n)))
                    .toArray(HistoryFixture.Draft[]::new));
            sample(writer, life, 16500, "users_id_seq", owner, 95_012L, false);
            sample(writer, life, 16501, "odd\nname", null, 7L, true);
            life.commit();
            sample(writer, life, 16500, "users_id_seq", owner, null, false);
            life.commit();
            SequenceSample ahead = sample(writer, life, 16502, "too_new", null, 1L, false);
            writer.sampled(List.of(ahead.readAt(new Lsn(0xFFFFFF), ahead.time())));
        }
    }

    private static SequenceSample sample(
            HistoryWriter writer,
            HistoryFixture life,
            int oid,
            String name,
            SequenceSample.@Nullable Owner owner,
            @Nullable Long last,
            boolean dropped) {
        SequenceSample sample = new SequenceSample(
                new TableId(oid),
                new TableName("public", name),
                owner,
                life.here(),
                life.now(),
                1,
                1,
                1,
                last,
                dropped);
        writer.sampled(List.of(sample));
        return sample;
    }

    private String rowback(String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "sequences";
        all[1] = "--store";
        all[2] = folder.toString();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        StringWriter err = new StringWriter();
        assertThat(Main.run(Map.of(), out, new PrintWriter(err, true), all))
                .as(err.toString())
                .isZero();
        return out.toString();
    }

    @Test
    void sequencesAreShownWithWhatTheRowsDoNotExplain() {
        assertThat(rowback()).isEqualTo("""
                odd\\nname
                    gone by 2026-01-01T00:00:02Z, last value 7
                users_id_seq  of users.id
                    last value none, so since 2026-01-01T00:00:03Z
                    jump: 10 -> 90012 between 2026-01-01T00:00:00Z and 2026-01-01T00:00:01Z, 90002 values for 2 rows
                    back: 95012 -> none between 2026-01-01T00:00:02Z and 2026-01-01T00:00:03Z: it gives out values again
                """);
    }

    @Test
    void pointBeforeWhatRetentionDroppedIsNotAnsweredFromLaterSamples(@TempDir Path store) {
        try (RocksHistoryWriter writer = RocksHistoryWriter.open(store)) {
            HistoryFixture life = new HistoryFixture(writer);
            life.baseline(USERS);
            sample(writer, life, 16500, "users_id_seq", null, 10L, false);
            commit(life, 5);
            sample(writer, life, 16500, "users_id_seq", null, 15L, false);
            writer.completeUntil(life.now());
            Retention tenSeconds = new Retention(Duration.ofSeconds(10), 0);
            writer.retain(tenSeconds);
            commit(life, 20);
            writer.completeUntil(life.now());
            writer.retain(tenSeconds);
            assertThat(writer.info().horizon()).isNotNull();
        }
        assertNotCovered(store, "2026-01-01T00:00:01Z");
    }

    @Test
    void pointBeforeTheHistoryBeganIsNotAnsweredFromItsFirstSample() {
        assertNotCovered(folder, "2025-12-31T00:00:00Z");
    }

    private void assertNotCovered(Path store, String at) {
        StringWriter err = new StringWriter();
        int exit = Main.run(
                Map.of(), out, new PrintWriter(err, true), "sequences", "--store", store.toString(), "--at", at);
        assertThat(exit).as(out.toString()).isEqualTo(ErrorCode.NOT_COVERED.exitCode());
        assertThat(err).asString().contains("the history begins", "hint: ");
        assertThat(out).asString().isEmpty();
    }

    private static void commit(HistoryFixture life, int times) {
        for (int i = 0; i < times; i++) {
            life.commit(insert(row(USERS, life.here().toString().replaceAll("\\D", ""))));
        }
    }

    @Test
    void earlierPointShowsWhatWasSeenByThen() {
        assertThat(rowback("--at", "tx:702", "--json").lines())
                .hasSize(2)
                .last()
                .asString()
                .isEqualTo("{\"schema\":\"public\",\"sequence\":\"users_id_seq\",\"oid\":\"16500\","
                        + "\"owner\":{\"schema\":\"public\",\"table\":\"users\",\"column\":\"id\"},"
                        + "\"last_value\":\"90012\",\"increment\":1,\"lsn\":\"0/1180\",\"time\":\"2026-01-01T00:00:01Z\","
                        + "\"dropped\":false,\"leaps\":[{\"kind\":\"jump\",\"from_value\":\"10\",\"to_value\":\"90012\","
                        + "\"from_time\":\"2026-01-01T00:00:00Z\",\"to_time\":\"2026-01-01T00:00:01Z\","
                        + "\"from_lsn\":\"0/1000\",\"to_lsn\":\"0/1180\",\"values\":90002,\"rows\":2}]}");
    }
}
