-- Prints a row for every difference from the truth, in either direction and in any column.
with houses as (select * from "Zoo ""9"""."Tier-Häuser"), keepers as (select * from "Zoo ""9""".t),
     animals as (select * from "Zoo ""9"""."order"), feedings as (select * from "Zoo ""9"""."group by")
select 'house missing or different' as what, x::text as which from (select * from truth.houses except select * from houses) x
union all select 'house too many', x::text from (select * from houses except select * from truth.houses) x
union all select 'keeper missing or different', x::text from (select * from truth.keepers except select * from keepers) x
union all select 'keeper too many', x::text from (select * from keepers except select * from truth.keepers) x
union all select 'animal missing or different', x::text from (select * from truth.animals except select * from animals) x
union all select 'animal too many', x::text from (select * from animals except select * from truth.animals) x
union all select 'feeding missing or different', x::text from (select * from truth.feedings except select * from feedings) x
union all select 'feeding too many', x::text from (select * from feedings except select * from truth.feedings) x
union all select 'next identity collides', max(t)::text from keepers having max(t) > (select last_value from "Zoo ""9""".t_t_seq);
