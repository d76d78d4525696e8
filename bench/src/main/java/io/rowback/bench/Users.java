package io.rowback.bench;

import io.rowback.testbed.Database;
import java.sql.SQLException;

/**
 * The table that most rows of the bench use: ten columns, about 120 bytes of text a row, one foreign key, REPLICA
 * IDENTITY FULL; and the traffic on it. An update changes two columns of rows that are spread over the whole table.
 */
record Users(Database database) {
    static final int ROWS = 200_000;

    /** How a backlog is cut into transactions. */
    enum Traffic {
        UPDATES("5-row UPDATE transactions", "call updates(%d, 5)"),
        INSERTS("100-row INSERT transactions", "call inserts(%d, 100)"),
        SINGLES("single-row transactions", "call singles(%d)");

        private final String label;
        private final String call;

        Traffic(String label, String call) {
            this.label = label;
            this.call = call;
        }

        String label() {
            return label;
        }
    }

    /** Creates the table without rows. */
    Users create() throws SQLException {
        database.run("""
                create table plans (name text primary key);
                insert into plans values ('free'), ('plus'), ('pro'), ('team');
                create table users (id bigint primary key, email text not null, name text not null,
                  plan text not null references plans, country text, credits int not null, active boolean not null,
                  created_at timestamptz not null, seen_at timestamptz, settings jsonb not null);
                alter table plans replica identity full;
                alter table users replica identity full;
                create function spread(n bigint, among bigint) returns bigint language sql immutable as
                  $$ select (n * 2654435761) % among + 1 $$;
                create procedure fill(first bigint, last bigint) language sql as $$
                  insert into users select id, 'user' || id || '@' || (array['example.com', 'mail.test', 'post.test'])[h % 3 + 1],
                    (array['Ada', 'Ben', 'Chen', 'Dana', 'Emil', 'Fatima', 'Goran', 'Hana'])[h % 8 + 1] || ' ' ||
                      (array['Abe', 'Berg', 'Costa', 'Dietz', 'Evans', 'Fischer', 'Garcia'])[h % 7 + 1] || h % 100,
                    (array['free', 'plus', 'pro', 'team'])[h % 4 + 1], (array['DE', 'FR', 'US', 'JP', 'BR'])[h % 5 + 1],
                    h % 1000, h % 10 <> 0, '2026-01-01'::timestamptz + h % 31536000 * interval '1 second',
                    '2026-05-01'::timestamptz + h * interval '1 millisecond',
                    jsonb_build_object('theme', case when h % 3 = 0 then 'dark' else 'light' end, 'mails', h % 2 = 0)
                    from (select id, abs(hashint8(id)) h from generate_series(first, last) id) rows $$;
                create procedure updates(n int, per int) language plpgsql as $$
                  begin
                    for x in 0 .. n / per - 1 loop
                      update users set credits = credits + x % 7 + 1, seen_at = clock_timestamp()
                        where id = any (array(select spread(x * per + i, 200000) from generate_series(1, per) i));
                      commit;
                    end loop;
                  end $$;
                create procedure inserts(n int, per int) language plpgsql as $$
                  declare last bigint := (select coalesce(max(id), 0) from users);
                  begin
                    for x in 0 .. n / per - 1 loop
                      call fill(last + x * per + 1, last + (x + 1) * per);
                      commit;
                    end loop;
                  end $$;
                create procedure singles(n int) language plpgsql as $$
                  begin
                    for x in 1 .. n loop
                      update users set credits = credits + x % 7 + 1, seen_at = clock_timestamp() where id = spread(x, 200000);
                      commit;
                    end loop;
                  end $$
                """);
        return this;
    }

    /** Gives it its first {@link #ROWS} rows. */
    Users fill() throws SQLException {
        database.run("call fill(1, " + ROWS + "); vacuum analyze users");
        return this;
    }

    /** Makes that many changes. */
    void change(Traffic traffic, int changes) throws SQLException {
        database.run("set synchronous_commit = off; " + traffic.call.formatted(changes));
    }
}
