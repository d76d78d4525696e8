-- Not captured: somebody took the address of a user who is gone.
insert into users (id, email, display_name) values (-91111301, 'late1@example.org', 'Has the address now');
