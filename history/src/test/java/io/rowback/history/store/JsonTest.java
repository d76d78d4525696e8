package io.rowback.history.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Column;
import io.rowback.history.ForeignKey;
import io.rowback.history.Lsn;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.SequenceSample;
import io.rowback.history.TableId;
import io.rowback.history.TableName;
import io.rowback.history.TableSchema;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    private static final TypeReference<SequenceSample> SAMPLE = new TypeReference<>() {};

    @Test
    void schemaIsReadAsItWasWritten() {
        TableSchema schema = new TableSchema(
                new TableId(-7),
                new TableName("a \"b\"", "東"),
                List.of(
                        new Column("id", 1, 23, "integer", true, Column.Identity.ALWAYS, false, true, null, true),
                        new Column("n", 3, -1, "t", false, Column.Identity.NONE, true, false, "public.n_seq", false)),
                List.of("id"),
                ReplicaIdentity.FULL,
                List.of(new ForeignKey(
                        "f",
                        List.of("n"),
                        new TableId(8),
                        List.of("id"),
                        ForeignKey.Action.CASCADE,
                        ForeignKey.Action.NO_ACTION,
                        true)),
                List.of(new TableSchema.Unique("u", List.of("n", "id"))),
                List.of(new TableSchema.Trigger("t", 'O', "CREATE TRIGGER t\n")),
                List.of(new TableName("public", "parent")));

        assertThat(read(Json.write(schema), new TypeReference<TableSchema>() {}))
                .isEqualTo(schema);
    }

    @Test
    void whatIsNullOrHugeIsReadAsItWasWritten() {
        List<SequenceSample> samples =
                List.of(sample(null, null), sample(new SequenceSample.Owner(new TableId(1), "id"), Long.MIN_VALUE));

        assertThat(read(Json.write(samples), new TypeReference<List<SequenceSample>>() {}))
                .isEqualTo(samples);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{\"schema\":\"public\",\"name\":\"t\"",
                "{\"schema\":\"public\",\"name\":\"t\"} {}",
                "{\"schema\":\"public\",\"name\":\"t\",\"later\":1}",
                "{\"schema\":\"public\",\"name\":1}"
            })
    void whatIsNoSuchRecordIsRefused(String text) {
        assertThatThrownBy(() -> read(text.getBytes(StandardCharsets.UTF_8), new TypeReference<TableName>() {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("its JSON cannot be read: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"at\":\"0/1\"}", "{\"at\":\"one\"}", "{\"time\":\"noon\"}"})
    void recordWithoutANumberOrWithAnotherTextIsRefused(String text) {
        assertThatThrownBy(() -> read(text.getBytes(StandardCharsets.UTF_8), SAMPLE))
                // What callers take for damage.
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("its JSON cannot be read: ");
    }

    private static <T> T read(byte[] json, TypeReference<T> type) {
        return Json.read(new ByteReader(json, 0, json.length), type);
    }

    private static SequenceSample sample(SequenceSample.@Nullable Owner owner, @Nullable Long last) {
        return new SequenceSample(
                new TableId(5),
                new TableName("public", "s"),
                owner,
                Lsn.MAX,
                Instant.parse("2026-05-01T10:00:00.123456Z"),
                1,
                -1,
                20,
                last,
                true);
    }
}
