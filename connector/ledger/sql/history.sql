-- Past tickets, imports and back-tests.

-- name: put_past
-- A repeated page changes nothing; an older copy never replaces a newer one.
INSERT INTO history (account_id, ticket_id, created_at, updated_at, body, rating)
VALUES (:account_id, :ticket_id, :created_at, :updated_at, :body, :rating)
ON CONFLICT (account_id, ticket_id) DO UPDATE SET created_at = excluded.created_at, updated_at = excluded.updated_at,
    body = excluded.body, rating = CASE WHEN excluded.rating = '' THEN history.rating ELSE excluded.rating END
WHERE history.updated_at <= excluded.updated_at;

-- name: rate_past
UPDATE history SET rating = :rating WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: drop_past
DELETE FROM history WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: drop_results_of_ticket
DELETE FROM backtests WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: move_import
INSERT INTO imports (account_id, position, since, moved_at, finished_at)
VALUES (:account_id, :position, :since, :now, :finished_at)
ON CONFLICT (account_id) DO UPDATE SET position = excluded.position, since = excluded.since,
    moved_at = excluded.moved_at, finished_at = excluded.finished_at;

-- name: import
SELECT position, since, moved_at, finished_at FROM imports WHERE account_id = :account_id;

-- name: count_history
SELECT COUNT(*) AS count FROM history WHERE account_id = :account_id;

-- name: past_page
SELECT ticket_id, created_at, updated_at, body, rating FROM history
WHERE account_id = :account_id
    AND (created_at < :before_at OR (created_at = :before_at AND ticket_id < :before_id))
ORDER BY created_at DESC, ticket_id DESC LIMIT :limit;

-- name: put_result
INSERT INTO backtests (account_id, run, ticket_id, updated_at, at, body)
VALUES (:account_id, :run, :ticket_id, :updated_at, :now, :body)
ON CONFLICT (account_id, run, ticket_id) DO UPDATE SET updated_at = excluded.updated_at, at = excluded.at,
    body = excluded.body;

-- name: results
SELECT ticket_id, updated_at, body FROM backtests
WHERE account_id = :account_id AND run = :run AND ticket_id > :after ORDER BY ticket_id LIMIT :limit;

-- name: has_result
SELECT 1 AS found FROM backtests
WHERE account_id = :account_id AND run = :run AND ticket_id = :ticket_id AND updated_at = :updated_at;

-- name: drop_history_of_account
DELETE FROM history WHERE account_id = :account_id;

-- name: drop_import_of_account
DELETE FROM imports WHERE account_id = :account_id;

-- name: drop_results_of_account
DELETE FROM backtests WHERE account_id = :account_id;
