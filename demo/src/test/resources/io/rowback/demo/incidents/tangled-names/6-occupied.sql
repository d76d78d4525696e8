-- Not captured: another keeper took the name of one who is gone.
insert into "Zoo ""9""".t ("T") values ('Åsa');
