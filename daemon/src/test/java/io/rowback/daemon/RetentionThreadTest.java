package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import org.junit.jupiter.api.Test;

class RetentionThreadTest {
    private boolean mended;

    @Test
    void whatFailsEndsOneLookAndIsToldByItsName() {
        try (RetentionThread thread = new RetentionThread("app", this::unreadable, () -> true, this::merge)) {
            assertThat(thread.look())
                    .containsExactly(
                            "what retention does not keep cannot be dropped: a block is damaged",
                            "small files cannot be merged: no room");
            mended = true;
            assertThat(thread.look())
                    .containsExactly("what retention does not keep cannot be dropped: a block is damaged");
        }
    }

    private StoreInfo unreadable() {
        throw new RowbackException(ErrorCode.STORE_CORRUPT, "a block is damaged", null);
    }

    private void merge() {
        if (!mended) {
            throw new IllegalStateException("no room");
        }
    }
}
