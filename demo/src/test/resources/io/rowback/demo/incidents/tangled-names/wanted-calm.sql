-- All are back.
set local session_replication_role = replica;
set local search_path to "Zoo ""9""";
insert into "Tier-Häuser" select * from truth.houses h where not exists (select from "Tier-Häuser" x where (x.t, x."select") = (h.t, h."select"));
update "Tier-Häuser" x set "size" = h."size", "full" = h."full", "Orte" = h."Orte", "größen" = h."größen"
  from truth.houses h where (x.t, x."select") = (h.t, h."select");
insert into t overriding system value select * from truth.keepers k where not exists (select from t x where x.t = k.t);
update t x set "house select" = k."house select", "house t" = k."house t" from truth.keepers k where k.t = x.t;
insert into "order" ("from", "house t", "house select", "t", "values")
  select "from", "house t", "house select", "t", "values" from truth.animals a where not exists (select from "order" x where x."from" = a."from");
update "order" x set t = a.t from truth.animals a where a."from" = x."from";
insert into "group by" select * from truth.feedings except select * from "group by";
