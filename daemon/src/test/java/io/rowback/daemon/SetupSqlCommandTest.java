package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code rowbackd setup-sql} prints of servers that it cannot ask. */
class SetupSqlCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void oneOfSeveralDatabasesIsNamedSinceEachIsToBeRunElsewhere() throws IOException {
        assertThat(run()).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .contains("error: several databases are configured", "hint: Name one with --db: crm, odd, shop.");

        assertThat(run("--db", "shop")).isZero();
        assertThat(out.toString().lines().filter(line -> !line.startsWith("--")))
                .containsExactly(
                        "CREATE ROLE shopkeeper LOGIN REPLICATION;", "GRANT CONNECT ON DATABASE shop TO shopkeeper;");
    }

    @Test
    void nameOfADatabaseDoesNotLeaveItsComment() throws IOException {
        assertThat(run("--db", "odd")).isZero();
        assertThat(out.toString().lines().filter(line -> !line.startsWith("--")))
                .containsExactly(
                        "CREATE ROLE clerk LOGIN REPLICATION;",
                        "GRANT CONNECT ON DATABASE U&\"a\\000aDROP TABLE t; --\" TO clerk;");
    }

    private int run(String... options) throws IOException {
        Path config = Files.writeString(folder.resolve("rowback.toml"), """
                [databases.shop]
                url = "postgresql://shopkeeper@127.0.0.1:1/shop"
                [databases.crm]
                url = "postgresql://clerk@127.0.0.1:1/crm"
                [databases.odd]
                url = "postgresql://clerk@127.0.0.1:1/a%0ADROP%20TABLE%20t;%20--"
                """);
        List<String> arguments = new ArrayList<>(List.of("setup-sql", "--config", config.toString()));
        arguments.addAll(List.of(options));
        return Main.execute(arguments.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
    }
}
