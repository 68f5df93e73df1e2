-- Deliveries.

-- name: insert_event
INSERT INTO events (
    account_id, id, event_key, ticket_id, kind, vendor_kind, occurred_at,
    state, reason, received_at, waits_from, due_at, finished_at
) VALUES (
    :account_id, :id, :event_key, :ticket_id, :kind, :vendor_kind, :occurred_at,
    :state, :reason, :received_at, :received_at, :due_at, :finished_at
)
ON CONFLICT (account_id, event_key) DO NOTHING
RETURNING id;

-- name: event_by_key
SELECT id FROM events WHERE account_id = :account_id AND event_key = :event_key;

-- name: schedule_ticket
-- The settle time starts again with each message, up to eight times after the first one that waits. All values are
-- least and greatest ones, so the order of arrival does not matter. A leased ticket keeps its time: the newer events
-- make it due when the lease ends. Stores nothing for an account that was removed.
INSERT INTO work (
    account_id, ticket_id, ready_at, not_before, first_at, latest_at, settle, attempts, fence, error, scheduled_at
)
SELECT turns.account_id, :ticket_id, :due_at, 0, :waits_from, :due_at, :settle, 0, 0, '', :waits_from
FROM turns WHERE turns.account_id = :account_id {lock_key}
ON CONFLICT (account_id, ticket_id) DO UPDATE SET
    first_at = {least}(COALESCE(work.first_at, excluded.first_at), excluded.first_at),
    latest_at = {greatest}(COALESCE(work.latest_at, excluded.latest_at), excluded.latest_at),
    settle = {greatest}(COALESCE(work.settle, excluded.settle), excluded.settle),
    scheduled_at = CASE WHEN work.lease_until IS NOT NULL THEN work.scheduled_at
        ELSE {greatest}(work.scheduled_at, excluded.scheduled_at) END,
    ready_at = CASE WHEN work.lease_until IS NOT NULL THEN work.ready_at ELSE {greatest}(
        work.not_before,
        {least}(
            {greatest}(COALESCE(work.latest_at, excluded.latest_at), excluded.latest_at),
            {least}(COALESCE(work.first_at, excluded.first_at), excluded.first_at)
                + 8 * {greatest}(COALESCE(work.settle, excluded.settle), excluded.settle)
        )
    ) END;

-- name: end_event
UPDATE events SET state = :state, reason = :reason, finished_at = :now
WHERE account_id = :account_id AND id = :id;

-- name: list_events
SELECT * FROM events WHERE (CAST(:state AS TEXT) IS NULL OR state = :state) ORDER BY id DESC LIMIT :limit;

-- name: list_account_events
SELECT * FROM events
WHERE account_id = :account_id AND (CAST(:state AS TEXT) IS NULL OR state = :state)
ORDER BY id DESC LIMIT :limit;

-- name: list_dead_events
-- The same for the state that is rare and asked for most: answered from its own small index.
SELECT * FROM events
WHERE (CAST(:account_id AS TEXT) IS NULL OR account_id = :account_id) AND state = 'dead'
ORDER BY id DESC LIMIT :limit;

-- name: dismiss_event
UPDATE events SET state = 'ignored', reason = 'dismissed: ' || reason, finished_at = :now
WHERE id = :id AND state = 'dead';

-- name: replay_event
UPDATE events SET state = 'waiting', kind = 'replayed', reason = '', finished_at = NULL, fence = NULL, waits_from = :now, due_at = :now
WHERE id = :id AND ticket_id IS NOT NULL AND state IN ('dead', 'done', 'ignored')
RETURNING account_id, ticket_id;

-- name: reopen_failed_note
-- Begun before: looked for first, so that a note which did arrive is not written twice. Replies are never opened again.
UPDATE effects SET state = 'intent', intent_at = COALESCE(intent_at, :now), reason = '', finished_at = NULL
WHERE account_id = :account_id AND id = (
    SELECT id FROM effects
    WHERE account_id = :account_id AND ticket_id = :ticket_id AND kind = 'note' AND state = 'failed'
    ORDER BY planned_order DESC LIMIT 1
) AND NOT EXISTS (
    SELECT 1 FROM effects
    WHERE account_id = :account_id AND ticket_id = :ticket_id AND state IN ('planned', 'intent')
);

-- name: hurry_ticket
-- A person asked for it: neither a postponement nor earlier failures hold the ticket back.
UPDATE work SET not_before = 0, attempts = 0, ready_at = CASE WHEN lease_until IS NULL THEN :now ELSE ready_at END
WHERE account_id = :account_id AND ticket_id = :ticket_id;
