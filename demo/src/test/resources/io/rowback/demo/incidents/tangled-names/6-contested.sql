-- Life that gets in the way: another keeper under the key of one who is gone, with an animal; one more who leaves, a size
-- that is changed, a house below one that is written to.
set search_path to "Zoo ""9""";
insert into t (t, "T") overriding system value values (1, 'impostor');
insert into "order" ("from", "house t", "house select", t) values ('neu', 'Neu', 1, 1);
delete from t where "T" = 'o''Brien';
update "Tier-Häuser" set "size" = 'groß' where t = '';
insert into "Tier-Häuser" (t, "select", "parent.t", "parent.select") values ('Kind', 9, '', 0);
