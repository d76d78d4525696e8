-- Without the keeper whose name another has, the animals, and what those were fed.
set local session_replication_role = replica;
set local search_path to "Zoo ""9""";
insert into "Tier-Häuser" select * from truth.houses h where not exists (select from "Tier-Häuser" x where (x.t, x."select") = (h.t, h."select"));
update "Tier-Häuser" x set "size" = h."size", "full" = h."full", "Orte" = h."Orte", "größen" = h."größen"
  from truth.houses h where (x.t, x."select") = (h.t, h."select");
update t x set "house select" = k."house select", "house t" = k."house t" from truth.keepers k where k.t = x.t and k.t <> 1;
insert into "order" ("from", "house t", "house select", "t", "values")
  select "from", "house t", "house select", "t", "values" from truth.animals where "from" in ('x=1', 'Ж', 'a,b');
insert into "group by" select * from truth.feedings where "from" in ('x=1', 'Ж', 'a,b')
  except select * from "group by";
