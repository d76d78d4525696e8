package io.rowback.daemon.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.RowbackException;
import io.rowback.history.TableName;
import io.rowback.history.TransactionId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EvidenceTest {
    /** As printed by version 15, shortened. */
    private static final String CONTROL = """
            pg_control version number:            1300
            Database system identifier:           7713326316906317117
            Database cluster state:               shut down
            pg_control last modified:             Sat Nov 28 20:44:58 2026
            Latest checkpoint location:           0/1924CE8
            Latest checkpoint's NextXID:          2:726
            wal_level setting:                    logical
            """;

    private static final String FIRST =
            "rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/08000028, prev 0/00000000, desc:"
                    + " CHECKPOINT_SHUTDOWN redo 0/8000028; tli 1; prev tli 1; fpw false; xid 2:760; oid 16394; multi 1;"
                    + " offset 0; oldest xid 716 in DB 0; oldest multi 1 in DB 0; oldest/newest commit timestamp xid:"
                    + " 0/0; oldest running xid 0; shutdown\n";

    private static final String SERVER = "7713326316906317117";
    private static final TransactionId LAST = new TransactionId((2L << 32) + 726);
    private static final TransactionId FIRST_OF_NEW = new TransactionId((2L << 32) + 760);

    @Test
    void whatThePostgresProgramsPrintIsRead() {
        assertThat(ControlData.parse(CONTROL)).isEqualTo(new ControlData(SERVER, "shut down", LAST));
        assertThat(FirstRecord.parse(FIRST)).isEqualTo(new FirstRecord(FIRST_OF_NEW));
    }

    @Test
    void aRecordBeforeWhichOthersWereWrittenIsNotTheFirst() {
        assertThatThrownBy(() -> FirstRecord.parse(FIRST.replace("prev 0/00000000", "prev 0/080000A0")))
                .isInstanceOf(RowbackException.class);
        assertThatThrownBy(() -> ControlData.parse(CONTROL.replace("NextXID", "NextID")))
                .isInstanceOf(RowbackException.class);
    }

    @Test
    void itIsProvenOnlyIfNeitherServerHasHandedOutAnId() {
        assertThat(doubts(LAST, CONTROL, FIRST, FIRST_OF_NEW)).isEmpty();
        assertThat(doubts(LAST, CONTROL, FIRST, new TransactionId(FIRST_OF_NEW.value() + 1)))
                .singleElement()
                .asString()
                .contains("the new server has begun to write");
        assertThat(doubts(new TransactionId(LAST.value() - 1), CONTROL, FIRST, FIRST_OF_NEW))
                .singleElement()
                .asString()
                .contains("the old server has begun to write since");
        assertThat(doubts(LAST, CONTROL.replace("shut down", "in production"), FIRST, FIRST_OF_NEW))
                .singleElement()
                .asString()
                .contains("in production");
        assertThat(doubts(LAST, CONTROL.replace(SERVER, "1"), FIRST, FIRST_OF_NEW))
                .singleElement()
                .asString()
                .contains("--old is of server 1");
        TransactionId earlier = new TransactionId((1L << 32) + 760);
        assertThat(doubts(LAST, CONTROL, FIRST.replace("2:760", "1:760"), earlier))
                .singleElement()
                .asString()
                .contains("which the old one had passed");
        assertThat(new Evidence(Optional.empty(), Optional.empty(), Optional.empty())
                        .doubts(SERVER, FIRST_OF_NEW, List.of(new TableName("public", "t"))))
                .hasSize(4);
    }

    private static List<String> doubts(TransactionId drained, String old, String made, TransactionId next) {
        return new Evidence(
                        Optional.of(new Drained(SERVER, drained)),
                        Optional.of(ControlData.parse(old)),
                        Optional.of(FirstRecord.parse(made)))
                .doubts(SERVER, next, List.of());
    }
}
