-- Life that gets in the way: somebody signs up under the key of a user who is gone, and subscribes; a referral finds
-- another inviter, and one is deleted.
insert into users (id, email, display_name) values (-91111111, 'again@example.org', 'Somebody else');
insert into subscriptions (user_id, tier, price, valid) values (-91111111, 'gold', 19.90, tstzrange('2026-06-01Z', '2027-06-01Z'));
update referrals set invited_by = 5 where code = 'ref-91111113';
create table truth.deleted_referral as select * from referrals where code = 'ref-91111114';
delete from referrals where code = 'ref-91111114';
