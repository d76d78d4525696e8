-- Without the two keepers, their animals, and what those were fed; the new size stays.
set local session_replication_role = replica;
set local search_path to "Zoo ""9""";
insert into "Tier-Häuser" select * from truth.houses h where not exists (select from "Tier-Häuser" x where (x.t, x."select") = (h.t, h."select"));
update "Tier-Häuser" set "full" = 1 where t = '';
insert into "order" ("from", "house t", "house select", "t", "values")
  select "from", "house t", "house select", "t", "values" from truth.animals where "from" in ('x=1', 'Ж');
insert into "group by" select * from truth.feedings where "from" in ('x=1', 'Ж');
