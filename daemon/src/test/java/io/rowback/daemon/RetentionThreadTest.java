package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.history.StoreInfo;
import org.junit.jupiter.api.Test;

class RetentionThreadTest {
    @Test
    void aStoreThatCannotBeReadEndsOneLookAndNotRetention() {
        try (RetentionThread thread = new RetentionThread("app", RetentionThreadTest::unreadable, () -> true)) {
            assertThatCode(thread::look).doesNotThrowAnyException();
        }
    }

    private static StoreInfo unreadable() {
        throw new RowbackException(ErrorCode.STORE_CORRUPT, "a block is damaged", null);
    }
}
