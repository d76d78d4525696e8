-- Everybody is back, over who took the key, whose subscription stays, and over the other inviter; the deleted referral too.
set local session_replication_role = replica;
delete from users where id = -91111111;
insert into users (id, email, display_name, plan, auth_source, credits, preferences, created_at, updated_at)
  select id, email, display_name, plan, auth_source, credits, preferences, created_at, updated_at from truth.users;
insert into subscriptions overriding system value select * from truth.subscriptions;
insert into chat_sessions select * from truth.chat_sessions;
insert into web_messages select * from truth.web_messages;
insert into referrals select * from truth.deleted_referral;
update referrals r set invited_by = t.invited_by from truth.referrals t where t.id = r.id;
