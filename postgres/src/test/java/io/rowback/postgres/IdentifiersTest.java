package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.rowback.history.TableName;
import java.util.List;
import org.junit.jupiter.api.Test;

final class IdentifiersTest {
    @Test
    void plainNamesStayPlain() {
        assertThat(Identifiers.list(List.of("users", "_t1", "name", "t"))).isEqualTo("users, _t1, name, t");
    }

    @Test
    void namesThatPostgresWouldFoldOrMisreadAreQuoted() {
        assertThat(Identifiers.list(List.of("user", "Users", "1st", "a b", "é", "a$b", "")))
                .isEqualTo("\"user\", \"Users\", \"1st\", \"a b\", \"é\", \"a$b\", \"\"");
    }

    @Test
    void quoteInNameCannotEndIt() {
        assertThat(Identifiers.quote("x\"; drop table y; --")).isEqualTo("\"x\"\"; drop table y; --\"");
    }

    @Test
    void hiddenCharactersOfNameAreVisible() {
        assertThat(Identifiers.quote("a\nb\"c\\d\u202e")).isEqualTo("U&\"a\\000ab\"\"c\\\\d\\202e\"");
    }

    @Test
    void tablesAreAlwaysQualified() {
        assertThat(Identifiers.qualified(new TableName("public", "order"))).isEqualTo("public.\"order\"");
    }
}
