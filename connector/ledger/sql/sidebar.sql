-- What agents do in the sidebar.

-- name: forget_used_tokens
DELETE FROM used_tokens WHERE account_id = :account_id AND expires_at <= :now;

-- name: use_token
INSERT INTO used_tokens (account_id, digest, expires_at) VALUES (:account_id, :digest, :expires_at)
ON CONFLICT (account_id, digest) DO NOTHING;

-- name: insert_wish
INSERT INTO wishes (account_id, id, ticket_id, verb, draft, instruction, wished_by, wished_at, refused)
VALUES (:account_id, :id, :ticket_id, :verb, :draft, :instruction, :who, :now, '');

-- name: open_wish
-- Two clicks are one wish.
SELECT wishes.id FROM wishes
JOIN events ON events.account_id = wishes.account_id AND events.id = wishes.id
WHERE wishes.account_id = :account_id AND wishes.ticket_id = :ticket_id AND wishes.verb = :verb
    AND wishes.refused = '' AND events.state = 'waiting' AND events.kind = 'wished'
ORDER BY wishes.id LIMIT 1;

-- name: list_wishes
-- A person who replays the event of a wish asks for a new look at the ticket, not for the wish again.
SELECT wishes.*, events.state, events.kind, events.reason FROM wishes
JOIN events ON events.account_id = wishes.account_id AND events.id = wishes.id
WHERE wishes.account_id = :account_id AND wishes.ticket_id = :ticket_id
ORDER BY wishes.id DESC LIMIT :limit;

-- name: refuse_wish
UPDATE wishes SET refused = :reason WHERE account_id = :account_id AND id = :id;

-- name: insert_feedback
INSERT INTO feedback (account_id, id, ticket_id, receipt_id, value, reason, given_by, given_at)
VALUES (:account_id, :id, :ticket_id, :receipt_id, :value, :reason, :who, :now);

-- name: list_feedback
SELECT * FROM feedback
WHERE account_id = :account_id AND (CAST(:ticket_id AS TEXT) IS NULL OR ticket_id = :ticket_id)
ORDER BY id DESC LIMIT :limit;

-- name: installation
SELECT * FROM installations WHERE account_id = :account_id;

-- name: set_installation
INSERT INTO installations (account_id, app_id, installation_id, public_key, key_digest, changed_at)
VALUES (:account_id, :app_id, :installation_id, :public_key, :key_digest, :now)
ON CONFLICT (account_id) DO UPDATE SET app_id = excluded.app_id, installation_id = excluded.installation_id,
    public_key = excluded.public_key, key_digest = excluded.key_digest, changed_at = excluded.changed_at;

-- name: waiting_of_ticket
SELECT kind FROM events WHERE account_id = :account_id AND ticket_id = :ticket_id AND state = 'waiting' ORDER BY id;

-- name: erase_wishes
DELETE FROM wishes WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: erase_feedback
DELETE FROM feedback WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: drop_used_tokens_of_account
DELETE FROM used_tokens WHERE account_id = :account_id;

-- name: drop_installation_of_account
DELETE FROM installations WHERE account_id = :account_id;

-- name: erase_wishes_of_account
DELETE FROM wishes WHERE account_id = :account_id;

-- name: erase_feedback_of_account
DELETE FROM feedback WHERE account_id = :account_id;

-- name: verdict_given
SELECT COUNT(*) AS count FROM verdicts
WHERE account_id = :account_id AND ticket_id = :ticket_id AND intent = :intent AND who = :who AND given_at >= :since;
