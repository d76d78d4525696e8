-- Without the user whose key another has, and all that was theirs; the other inviter stays, and what was deleted stays away.
set local session_replication_role = replica;
insert into users (id, email, display_name, plan, auth_source, credits, preferences, created_at, updated_at)
  select id, email, display_name, plan, auth_source, credits, preferences, created_at, updated_at from truth.users where id <> -91111111;
insert into subscriptions overriding system value select * from truth.subscriptions where user_id <> -91111111;
insert into chat_sessions select * from truth.chat_sessions where user_id <> -91111111;
insert into web_messages
  select m.* from truth.web_messages m join truth.chat_sessions s on s.id = m.session_id where s.user_id <> -91111111;
update referrals r set invited_by = t.invited_by from truth.referrals t where t.id = r.id and t.invited_by not in (-91111111, -91111113);
