-- Everybody is back with all that was theirs.
set local session_replication_role = replica;
insert into users (id, email, display_name, plan, auth_source, credits, preferences, created_at, updated_at)
  select id, email, display_name, plan, auth_source, credits, preferences, created_at, updated_at from truth.users;
insert into subscriptions overriding system value select * from truth.subscriptions;
insert into chat_sessions select * from truth.chat_sessions;
insert into web_messages select * from truth.web_messages;
update referrals r set invited_by = t.invited_by from truth.referrals t where t.id = r.id;
