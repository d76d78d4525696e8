-- Three mistakes: a careless UPDATE, a house with all below it, and a keeper whose animals then belong to nobody.
set search_path to "Zoo ""9""";
update "Tier-Häuser" set "size" = 'it''s huge', "full" = 0, "Orte" = '{}', "größen" = null where t <> 'Süd\';
delete from "Tier-Häuser" where (t, "select") = ('Nord', 1);
delete from t where "T" = 'Åsa';
