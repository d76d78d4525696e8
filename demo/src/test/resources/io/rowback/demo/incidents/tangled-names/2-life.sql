-- A house is added deep in the tree, an animal moves, one is renamed; then the truth is kept aside.
set search_path to "Zoo ""9""";
insert into "Tier-Häuser" (t, "select", "parent.t", "parent.select", "Name 🍯") values ('東', 3, 'it''s, "odd"=1', -7, '$$ ; -- not a comment');
insert into "order" ("from", "house t", "house select", t) values ('Ж', '東', 3, 4);
insert into "group by" values ('2026-02-01 00:00Z', 'Ж', 100);
update "order" set "house t" = '東', "house select" = 3 where "from" = 'a,b';
update t set note = 'moved' where "T" = 'o''Brien';
delete from "group by" where "from" = 'x=1' and "limit" = 2;

create schema truth;
create table truth.houses as select * from "Tier-Häuser";
create table truth.keepers as select * from t;
create table truth.animals as select * from "order";
create table truth.feedings as select * from "group by";
