-- Policies, kill switches, goals, verdicts, postures.

-- name: insert_policy
INSERT INTO policies (account_id, version, body, published_at, published_by, comment)
SELECT :account_id, COALESCE(MAX(version), 0) + 1, :body, :now, :published_by, :comment
FROM policies WHERE account_id = :account_id
RETURNING version;

-- name: list_policies
SELECT * FROM policies WHERE account_id = :account_id ORDER BY version DESC LIMIT :limit;

-- name: turn_on
INSERT INTO kill_switches (id, account_id, intent, since, turned_on_by)
VALUES (:id, :account_id, :intent, :now, :who)
ON CONFLICT DO NOTHING;

-- name: turn_off
UPDATE kill_switches SET until = :now, turned_off_by = :who
WHERE account_id = :account_id AND intent = :intent AND until IS NULL;

-- name: killed
-- The widest first: everything, the whole account, an intent everywhere, an intent of the account.
SELECT * FROM kill_switches
WHERE until IS NULL AND account_id IN ('', :account_id) AND intent IN ('', :intent)
ORDER BY CASE WHEN account_id = '' AND intent = '' THEN 0 WHEN intent = '' THEN 1 WHEN account_id = '' THEN 2 ELSE 3 END
LIMIT 1;

-- name: list_kill_switches
SELECT * FROM kill_switches WHERE until IS NULL ORDER BY since, id;

-- name: ended_kill_switches
SELECT * FROM kill_switches WHERE until >= :since ORDER BY until DESC, id DESC;

-- name: insert_goal
INSERT INTO goals (account_id, id, intent, body, frozen_at, frozen_by)
VALUES (:account_id, :id, :intent, :body, :frozen_at, :frozen_by);

-- name: goal
SELECT * FROM goals WHERE account_id = :account_id AND intent = :intent ORDER BY id DESC LIMIT 1;

-- name: insert_verdict
-- A log: the same word of the same person at the same time is there already, everything else is added.
INSERT INTO verdicts (
    account_id, ticket_id, intent, template, who, edition, given_at, verdict, sent_at, sent_seq, batch
) VALUES (
    :account_id, :ticket_id, :intent, :template, :who, :edition, :given_at, :verdict, :sent_at, :sent_seq, :batch
)
ON CONFLICT DO NOTHING;

-- name: last_batch
SELECT COALESCE(MAX(batch), 0) AS batch FROM verdicts WHERE account_id = :account_id;

-- name: judged_send
-- The newest would-be send before the verdict; where the clocks disagree, the newest.
SELECT edition, decided_at, seq FROM receipts
WHERE account_id = :account_id AND ticket_id = :ticket_id AND intent = :intent AND template = :template
  AND would_send = 1
ORDER BY CASE WHEN decided_at <= :given_at THEN 0 ELSE 1 END, seq DESC LIMIT 1;

-- name: wrong_verdicts
SELECT account_id, intent, COUNT(*) AS count FROM verdicts WHERE verdict <> 'right' GROUP BY account_id, intent;

-- name: list_verdicts
SELECT * FROM verdicts
WHERE account_id = :account_id AND (CAST(:intent AS TEXT) IS NULL OR intent = :intent)
ORDER BY batch, given_at, ticket_id, who;

-- name: set_posture
INSERT INTO postures (account_id, scope, scope_key, posture, set_by, set_at)
VALUES (:account_id, :scope, :scope_key, :posture, :who, :now)
ON CONFLICT (account_id, scope, scope_key)
DO UPDATE SET posture = excluded.posture, set_by = excluded.set_by, set_at = excluded.set_at;

-- name: posture
SELECT posture FROM postures WHERE account_id = :account_id AND scope = :scope AND scope_key = :scope_key;
