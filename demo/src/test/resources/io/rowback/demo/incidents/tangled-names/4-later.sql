-- Life goes on, beside what was lost; the truth follows it.
set search_path to "Zoo ""9""";
update t set note = 'has no house' where "T" in ('o''Brien', 'free');
update truth.keepers set note = 'has no house' where "T" in ('o''Brien', 'free');
update "order" set "values" = '{8}' where "from" = '"Löwe"';
update truth.animals set "values" = '{8}' where "from" = '"Löwe"';
update "Tier-Häuser" set "Name 🍯" = 'renamed since' where t = '';
update truth.houses set "Name 🍯" = 'renamed since' where t = '';
insert into "Tier-Häuser" (t, "select", "parent.t", "parent.select") values ('Neu', 1, '', 0);
insert into truth.houses select * from "Tier-Häuser" where t = 'Neu';
insert into t ("T", "house t", "house select") values ('new', 'Neu', 1);
insert into truth.keepers select * from t where "T" = 'new';
