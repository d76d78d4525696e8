package io.rowback.daemon.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.ReplicaIdentity;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages byte by byte as the protocol lays them out; the integration tests see those of real servers. */
class PgOutputDecoderTest {
    private static final ColumnValue ONE = ColumnValue.of("1");

    @Test
    void transactionHasItsCommitPositionTimeAndId() {
        assertThat(decode("42 0000000001A2B3C8 0002AF8E3C2D1F40 000002E7"))
                .isEqualTo(new PgOutputMessage.Begin(
                        Lsn.parse("0/1A2B3C8"), Instant.parse("2023-12-15T17:09:43.228224Z"), 743));
        assertThat(decode("43 00 0000000001A2B3C8 0000000001A2B3F8 0002AF8E3C2D1F40"))
                .isEqualTo(new PgOutputMessage.Commit(Lsn.parse("0/1A2B3C8"), Lsn.parse("0/1A2B3F8")));
    }

    @Test
    void relationSaysWhichColumnsIdentifyARow() {
        assertThat(
                        decode(
                                "52 00004001 7075626C696300 7400 64 0002 01 696400 00000017 FFFFFFFF 00 6100 00000413 0000000E"))
                .isEqualTo(new PgOutputMessage.Relation(
                        16385,
                        "public",
                        "t",
                        ReplicaIdentity.DEFAULT,
                        List.of(
                                new PgOutputMessage.RelationColumn(true, "id", 23, -1),
                                new PgOutputMessage.RelationColumn(false, "a", 1043, 14))));
    }

    @Test
    void valuesAreTheBytesThatTheServerPrinted() {
        assertThat(decode("49 00004001 4E 0003 74 00000001 31 6E 74 00000002 C3A9"))
                .isEqualTo(
                        new PgOutputMessage.Insert(16385, List.of(ONE, ColumnValue.Special.NULL, ColumnValue.of("é"))));
    }

    @Test
    void unchangedToastIsTakenFromAFullOldRow() {
        assertThat(decode("55 00004001 4F 0002 74 00000001 31 74 00000001 78 4E 0002 74 00000001 31 75"))
                .isEqualTo(new PgOutputMessage.Update(
                        16385,
                        new PgOutputMessage.OldRow(true, List.of(ONE, ColumnValue.of("x"))),
                        List.of(ONE, ColumnValue.of("x"))));
    }

    @Test
    void unchangedToastIsUnknownWhereTheOldRowHasOnlyItsKey() {
        assertThat(decode("55 00004001 4B 0002 74 00000001 30 6E 4E 0002 74 00000001 31 75"))
                .isEqualTo(new PgOutputMessage.Update(
                        16385,
                        new PgOutputMessage.OldRow(false, List.of(ColumnValue.of("0"), ColumnValue.Special.NULL)),
                        List.of(ONE, ColumnValue.Special.UNKNOWN)));
        assertThat(decode("55 00004001 4E 0002 74 00000001 31 75"))
                .isEqualTo(new PgOutputMessage.Update(16385, null, List.of(ONE, ColumnValue.Special.UNKNOWN)));
    }

    @Test
    void deleteTellsAKeyFromAFullRow() {
        assertThat(decode("44 00004001 4B 0002 74 00000001 31 6E"))
                .isEqualTo(new PgOutputMessage.Delete(
                        16385, new PgOutputMessage.OldRow(false, List.of(ONE, ColumnValue.Special.NULL))));
        assertThat(decode("44 00004001 4F 0002 74 00000001 31 6E"))
                .isEqualTo(new PgOutputMessage.Delete(
                        16385, new PgOutputMessage.OldRow(true, List.of(ONE, ColumnValue.Special.NULL))));
    }

    @Test
    void restOfTheProtocolIsUnderstood() {
        assertThat(decode("54 00000002 03 00004001 00004002"))
                .isEqualTo(new PgOutputMessage.Truncate(List.of(16385, 16386)));
        assertThat(decode("4D 01 0000000001A2B3C8 726F776261636B00 00000002 6869"))
                .isEqualTo(new PgOutputMessage.LogicalMessage(true, "rowback", ByteBuffer.wrap(new byte[] {'h', 'i'})));
        assertThat(decode("4F 0000000001A2B3C8 7573 00")).isEqualTo(new PgOutputMessage.Origin("us"));
        assertThat(decode("59 00004005 7075626C696300 6D6F6F6400")).isEqualTo(new PgOutputMessage.Type(16389));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "53 00000001 01", // streaming was not asked for
                "49 00004001 4E 0001 62 00000004 00000001", // nor were binary values
                "49 00004001 4E 0001 78",
                "49 00004001 4F 0001 6E",
                "44 00004001 4E 0001 6E",
                "49 00004001 4E 0001 74 000000FF 31",
                "49 00004001 4E 0001 74 FFFFFFFF",
                "43 00 0000000001A2B3C8",
                "4D 01 0000000001A2B3C8 726F776261636B00 00000003 6869",
                "4D 01 0000000001A2B3C8 726F776261636B00 00000001 6869",
                "4F 0000000001A2B3C8 7573 00 00",
                "52 00004001 7075626C696300 7400 7A 0000",
            })
    void whatIsNotExpectedIsRefused(String hex) {
        assertThatThrownBy(() -> decode(hex)).isInstanceOf(IllegalArgumentException.class);
    }

    private static PgOutputMessage decode(String hex) {
        return new PgOutputDecoder().decode(ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }
}
