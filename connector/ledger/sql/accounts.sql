-- Accounts and their secrets.

-- name: insert_account
INSERT INTO accounts (
    id, name, vendor, base_url, stage, bot_user_id, config, default_owner, credentials, webhook_secrets,
    tokens_version, created_at, updated_at
) VALUES (
    :id, :name, :vendor, :base_url, :stage, :bot_user_id, :config, :default_owner, :credentials, :webhook_secrets,
    1, :now, :now
);

-- name: insert_turn
INSERT INTO turns (account_id, served, fence) VALUES (:account_id, 0, 0);

-- name: account_by_id
SELECT * FROM accounts WHERE removed_at IS NULL AND id = :id;

-- name: account_by_name
SELECT * FROM accounts WHERE removed_at IS NULL AND name = :name;

-- name: accounts
SELECT * FROM accounts WHERE removed_at IS NULL;

-- name: lock_account
SELECT tokens_version FROM accounts WHERE id = :id AND removed_at IS NULL {lock};

-- name: update_account
UPDATE accounts SET name = :name, vendor = :vendor, base_url = :base_url, stage = :stage, bot_user_id = :bot_user_id,
    config = :config, default_owner = :default_owner, credentials = :credentials, webhook_secrets = :webhook_secrets,
    tokens_version = tokens_version + 1, updated_at = :now
WHERE id = :id AND removed_at IS NULL;

-- name: reseal_account
UPDATE accounts SET credentials = :credentials, webhook_secrets = :webhook_secrets
WHERE id = :id AND removed_at IS NULL;

-- name: set_stage
UPDATE accounts SET stage = :stage, updated_at = :now WHERE id = :id AND removed_at IS NULL;

-- name: remove_account
UPDATE accounts SET credentials = '', webhook_secrets = '', removed_at = :now, updated_at = :now
WHERE id = :id AND removed_at IS NULL;

-- name: leave_account
-- Like a removal, but the credentials stay until the access was given back at the helpdesk.
UPDATE accounts SET webhook_secrets = '', removed_at = :now, updated_at = :now, erase_at = :erase_at, leave_at = :now,
    leave_tries = 0
WHERE id = :id AND removed_at IS NULL;

-- name: leaving_accounts
SELECT * FROM accounts WHERE leave_at IS NOT NULL;

-- name: claim_leaving
-- A try that is due later than any that begins now could be was planned before the clock was set back.
UPDATE accounts SET leave_at = :leave_at, leave_tries = leave_tries + 1
WHERE id = :id AND (leave_at <= :now OR leave_at > :longest)
RETURNING *;

-- name: delay_leaving
UPDATE accounts SET leave_at = :leave_at WHERE id = :id AND leave_at IS NOT NULL;

-- name: end_leaving
UPDATE accounts SET credentials = '', leave_at = NULL WHERE id = :id AND leave_at IS NOT NULL;

-- name: reseal_leaving
UPDATE accounts SET credentials = :credentials WHERE id = :id AND leave_at IS NOT NULL AND credentials = :was;

-- name: gone_accounts
-- Those whose history waits for its end.
SELECT * FROM accounts WHERE erase_at IS NOT NULL;

-- name: bring_gone_accounts_back
UPDATE accounts SET erase_at = :now + (erase_at - removed_at), removed_at = :now
WHERE erase_at IS NOT NULL AND removed_at > :horizon;

-- name: drop_turn
DELETE FROM turns WHERE account_id = :account_id;

-- name: drop_work_of_account
DELETE FROM work WHERE account_id = :account_id;

-- name: ignore_events_of_account
UPDATE events SET state = 'ignored', reason = 'account_removed', finished_at = :now
WHERE account_id = :account_id AND state = 'waiting';

-- name: take_hand_offs_of_account
UPDATE hand_offs SET taken_at = :now WHERE account_id = :account_id AND taken_at IS NULL;

-- name: clear_alarms_of_account
UPDATE alarms SET cleared_at = :now WHERE account_id = :account_id AND cleared_at IS NULL;

-- name: tokens
-- Also those of an account that is leaving: giving its access back may take a fresh token.
SELECT credentials, tokens_version FROM accounts WHERE id = :id AND (removed_at IS NULL OR leave_at IS NOT NULL);

-- name: take_token_lease
-- A lease that ends later than any that begins now was taken before the clock was set back.
INSERT INTO token_leases (account_id, holder, lease_until) VALUES (:account_id, :holder, :lease_until)
ON CONFLICT (account_id) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
WHERE token_leases.lease_until <= :now OR token_leases.lease_until > :longest
RETURNING holder;

-- name: drop_token_lease
DELETE FROM token_leases WHERE account_id = :account_id AND (CAST(:holder AS TEXT) IS NULL OR holder = :holder);

-- name: store_tokens
-- Stored only over the credentials that were refreshed.
UPDATE accounts SET credentials = :credentials, tokens_version = tokens_version + 1, updated_at = :now
WHERE id = :id AND tokens_version = :tokens_version AND (removed_at IS NULL OR leave_at IS NOT NULL);
