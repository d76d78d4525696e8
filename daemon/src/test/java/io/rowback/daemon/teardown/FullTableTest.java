package io.rowback.daemon.teardown;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.ReplicaIdentity;
import org.junit.jupiter.api.Test;

final class FullTableTest {
    @Test
    void identityIsSetBackToWhatItWasAndOfAnIndexThatIsAsked() {
        assertThat(new FullTable("public.t", ReplicaIdentity.DEFAULT, null).statement())
                .isEqualTo("ALTER TABLE public.t REPLICA IDENTITY DEFAULT;");
        assertThat(new FullTable("public.t", ReplicaIdentity.NOTHING, null).statement())
                .isEqualTo("ALTER TABLE public.t REPLICA IDENTITY NOTHING;");
        FullTable indexed = new FullTable("public.t", ReplicaIdentity.INDEX, null);
        assertThat(indexed.statement()).isNull();
        assertThat(indexed.question())
                .startsWith("ALTER TABLE public.t REPLICA IDENTITY USING INDEX ...; -- as it was");
    }
}
