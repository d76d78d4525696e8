package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.daemon.capture.PgOutputMessage.Relation;
import io.rowback.history.ColumnValue;
import io.rowback.history.ReplicaIdentity;
import io.rowback.history.RowImage;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapturedRelationTest {
    private static final ColumnValue LONE_BYTE = ColumnValue.of(new byte[] {(byte) 0x80});
    private static final ColumnValue TEXT = ColumnValue.of("x");

    @Test
    void rowThatTheHistoryWouldRefuseHasNoKey() {
        TableFixture columns =
                TableFixture.table("events").column("kind", "\"char\"").column("note", "text");
        for (TableSchema schema :
                List.of(columns.key("kind").build(), columns.key().build())) {
            CapturedRelation relation =
                    new CapturedRelation(schema, new Relation(1, "public", "events", ReplicaIdentity.FULL, List.of()));
            RowImage refused = new RowImage(schema, List.of(LONE_BYTE, TEXT));

            assertThat(refused.key()).isNull();
            assertThat(relation.hasKey(refused)).isFalse();
            assertThat(relation.hasKey(new RowImage(schema, List.of(TEXT, TEXT))))
                    .isTrue();
        }
    }
}
