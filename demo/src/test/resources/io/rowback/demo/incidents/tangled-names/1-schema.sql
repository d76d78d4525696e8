-- Names, keys and types that break careless SQL: quotes, keywords, other alphabets, a column and a table named t, and
-- keys of two columns that refer to themselves.
create schema "Zoo ""9""";
set search_path to "Zoo ""9""";
create type "Größe" as enum ('klein', 'groß', 'it''s huge');
create domain "percent %" as numeric(5, 2) check (value between 0 and 100);
create type "Ort;" as (x int, "y ""y""" text);

-- A tree of houses: a subtree goes with its root.
create table "Tier-Häuser" (
  t text not null,
  "select" int not null,
  "parent.t" text,
  "parent.select" int,
  "Name 🍯" text,
  "size" "Größe" not null default 'klein',
  "full" "percent %",
  "Orte" "Ort;"[] not null default '{}',
  "größen" "Größe"[],
  primary key (t, "select"),
  foreign key ("parent.t", "parent.select") references "Tier-Häuser" (t, "select") on delete cascade
);
-- Keepers stay when their house goes; their columns name it in the other order.
create table t (
  t bigint generated always as identity primary key,
  "T" text not null unique,
  "house select" int,
  "house t" text,
  note text,
  foreign key ("house t", "house select") references "Tier-Häuser" (t, "select") on delete set null
);
-- Animals go with their house, and their feedings with them. The key is text of any kind.
create table "order" (
  "from" text primary key,
  "house t" text not null,
  "house select" int not null,
  "t" bigint references t (t) on delete set null,
  "values" int[],
  "upper" text generated always as (upper("from")) stored,
  foreign key ("house t", "house select") references "Tier-Häuser" (t, "select") on delete cascade
);
create table "group by" (
  "when" timestamptz not null,
  "from" text not null references "order" ("from") on delete cascade,
  "limit" "percent %" not null,
  primary key ("when", "from")
);

insert into "Tier-Häuser" values
  ('Nord', 1, null, null, 'Haupthaus', 'groß', 99.50, array[row(1, 'a"b\c')::"Ort;", row(null, null)::"Ort;"], '{klein,"it''s huge",null}'),
  ('Nord', 2, 'Nord', 1, null, 'klein', null, '{}', null),
  ('it''s, "odd"=1', -7, 'Nord', 2, E'tab\tnewline\n', 'it''s huge', 0, array[row(-2, '')::"Ort;"], '{}'),
  ('Süd\', 1, null, null, 'Südhaus', 'groß', 12.30, '{}', '{groß}'),
  ('', 0, 'Süd\', 1, 'the empty key', 'klein', 1, '{}', null);
insert into t ("T", "house t", "house select") values ('Åsa', 'Nord', 1), ('o''Brien', 'it''s, "odd"=1', -7), ('"', 'Süd\', 1), ('free', null, null);
insert into "order" ("from", "house t", "house select", t, "values") values
  ('Bär', 'Nord', 1, 1, '{{1,2},{3,null}}'), ('a,b', 'Nord', 2, 2, '{}'), ('x=1', 'it''s, "odd"=1', -7, null, null),
  ('"Löwe"', 'Süd\', 1, 1, '{7}'), (E'line\nline', '', 0, 3, null);
insert into "group by" select timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', "from", n from "order", generate_series(1, 3) n;
