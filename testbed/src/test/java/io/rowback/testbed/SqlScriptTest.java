package io.rowback.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class SqlScriptTest {
    @Test
    void splitsOnlyWhereAStatementEnds() throws SQLException {
        String function =
                "create function f() returns trigger language plpgsql as\n$$ begin x := ';'; return new; end $$";
        String script = "-- first; not here\nselect 'a;b', E'\\';', \"c;d\";\n" + function
                + ";\n/* ; */ select '{fn now()}' ? 'x';\n\n";

        assertThat(SqlScript.statements(script))
                .hasSize(3)
                .element(1)
                .asString()
                .isEqualToIgnoringWhitespace(function);
    }

    @Test
    void scriptOfTwoStatementsIsNoQuery() {
        assertThatThrownBy(() -> SqlScript.only("select 1; select 2")).isInstanceOf(IllegalArgumentException.class);
    }
}
