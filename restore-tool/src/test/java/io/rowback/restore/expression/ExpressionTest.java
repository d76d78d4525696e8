package io.rowback.restore.expression;

import static io.rowback.history.TableFixture.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rowback.history.Column;
import io.rowback.history.RowImage;
import io.rowback.history.RowbackException;
import io.rowback.history.TableFixture;
import io.rowback.history.TableSchema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ExpressionTest {
    private static final TableSchema TABLE = TableFixture.table("things")
            .column("id", "bigint")
            .column("plan", "text")
            .column("Order", "integer")
            .column("price", "numeric(10,2)")
            .column("ratio", "real")
            .column("seen", "timestamp with time zone")
            .column("day", "date")
            .column("active", "boolean")
            .column("u", "uuid")
            .column("nothing", "text")
            .column("lost", "text")
            .column("doc", "jsonb")
            .column("code", "character(4)")
            .column(new Column("title", 14, 25, "text", false, Column.Identity.NONE, false, true, null, false))
            .key("id")
            .build();
    private static final RowImage ROW = TableFixture.row(
            TABLE,
            "-9",
            "it's",
            "7",
            "1.50",
            "0.1",
            "2026-05-01 00:00:00.5+00",
            "2026-05-01",
            "t",
            "00000000-0000-0000-0000-0000000000ab",
            null,
            UNKNOWN,
            "{}",
            "ab  ",
            "Zebra");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "id = -9 | TRUE",
                "-9 = id | TRUE",
                "id between -10 and -9 | TRUE",
                "id not between -10 and -9 | FALSE",
                "id < -9.5 | FALSE",
                "0 > id | TRUE",
                "plan = 'it''s' | TRUE",
                "PLAN <> 'x' | TRUE",
                "plan like 'i_''%' | TRUE",
                "plan not like '%s' | FALSE",
                "\"Order\" in (1, 7) | TRUE",
                "\"Order\" in (1, null) | NULL",
                "\"Order\" not in (7, null) | FALSE",
                "price = 1.5 | TRUE",
                "price < 'NaN' | TRUE",
                "ratio = 0.1 | FALSE",
                "ratio = '0.1' | TRUE",
                "ratio < 1e40 | TRUE",
                "ratio > '-Infinity' | TRUE",
                "ratio > '0e-99' | TRUE",
                "seen > '2026-05-01' | TRUE",
                "seen < '2026-05-01 02:00:01+02' | TRUE",
                "seen >= 'infinity' | FALSE",
                "day = '2026-05-01' | TRUE",
                "day > '0044-03-15 BC' | TRUE",
                "active | TRUE",
                "not active | FALSE",
                "active = false | FALSE",
                "u = '00000000-0000-0000-0000-0000000000AB' | TRUE",
                "nothing is null | TRUE",
                "nothing is not null | FALSE",
                "nothing = 'x' | NULL",
                "not nothing = 'x' | NULL",
                "nothing = 'x' or id = -9 | TRUE",
                "nothing = 'x' and id = 0 | FALSE",
                "lost = 'x' | UNKNOWN",
                "lost is null | UNKNOWN",
                "lost = 'x' or id = -9 | TRUE",
                "lost = 'x' and nothing = 'y' | UNKNOWN",
                "doc is not null | TRUE",
                "code = 'ab' | TRUE",
                "title = 'Zebra' | TRUE",
                "id = 0 and id = 0 or id = -9 | TRUE",
                "id = 0 and (id = 0 or id = -9) | FALSE",
                "not id = 0 and not not id = -9 | TRUE",
                "plan = nothing | NULL",
                "plan = plan | TRUE",
                "doc = ' { } ' | TRUE",
                "doc <> '{\"a\": 1}' | TRUE",
            })
    void meansWhatPostgresMeans(String condition, Truth truth) {
        assertThat(Expression.parse(condition, TABLE).test(ROW)).isEqualTo(truth);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "id",
                "id =",
                "id = 'x'",
                "id = '1.5'",
                "id = 1 id = 2",
                "nosuch = 1",
                "Order = 1",
                "doc = '{'",
                "doc = 1",
                "doc < '{}'",
                "title > 'a'",
                "title between 'a' and 'b'",
                "plan = 1",
                "plan ilike 'x'",
                "plan like 'x\\'",
                "lower(plan) = 'x'",
                "plan = E'x'",
                "plan::text = 'x'",
                "day = '2026-05-01 10:00'",
                "day = '2026-02-30'",
                "seen = 'yesterday'",
                "1 = 1",
                "id not = 1",
                "(id = 1",
                "id = 1; drop table x",
                "plan = 'open",
                "plan = day",
                "active = 1",
                "ratio = '1e40'",
                "ratio = '1e-60'",
                "ratio = '1d'",
                "ratio = 1e400",
                "ratio = 1e-400",
                "u = '0-0-0-0-ab'",
                "doc = ''",
            })
    void refusesWhatItCannotEvaluate(String condition) {
        assertThatThrownBy(() -> Expression.parse(condition, TABLE)).isInstanceOf(RowbackException.class);
    }
}
