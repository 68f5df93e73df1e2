-- Tickets in work: claims, leases, fences.

-- name: work_ahead
SELECT 1 AS found FROM work WHERE scheduled_at > :horizon LIMIT 1;

-- name: bring_work_back
-- A lease begins again, as long as it was given: its worker may be alive. What another transaction holds comes next time.
UPDATE work SET scheduled_at = :now, not_before = 0,
    ready_at = CASE WHEN lease_until IS NULL THEN :now ELSE :now + (lease_until - scheduled_at) END,
    lease_until = :now + (lease_until - scheduled_at),
    first_at = CASE WHEN first_at > :now THEN :now ELSE first_at END,
    latest_at = CASE WHEN latest_at > :now THEN :now ELSE latest_at END
WHERE (account_id, ticket_id) IN (
    SELECT account_id, ticket_id FROM work WHERE scheduled_at > :horizon {lock_skipping}
);

-- name: next_account
-- The account served longest ago that has a ticket ready and is below its cap. One probe of an index per account:
-- with EXISTS, PostgreSQL reads the whole backlog for each account that has none.
SELECT turns.account_id FROM turns
WHERE (
    SELECT MIN(work.ready_at) FROM work WHERE work.account_id = turns.account_id
) <= :now AND (
    SELECT COUNT(*) FROM work WHERE work.account_id = turns.account_id AND work.lease_until > :now
) < :account_cap
ORDER BY turns.served, turns.account_id LIMIT 1;

-- name: next_account_skipping
-- The same, locked; accounts that another worker is serving this instant are passed over.
SELECT turns.account_id FROM turns
WHERE (
    SELECT MIN(work.ready_at) FROM work WHERE work.account_id = turns.account_id
) <= :now AND (
    SELECT COUNT(*) FROM work WHERE work.account_id = turns.account_id AND work.lease_until > :now
) < :account_cap
ORDER BY turns.served, turns.account_id LIMIT 1 {lock_skipping};

-- name: wait_for_turn
-- Every account with work is being served: wait for that one.
SELECT account_id FROM turns WHERE account_id = :account_id {lock};

-- name: leased_count
SELECT COUNT(*) AS count FROM work WHERE account_id = :account_id AND lease_until > :now;

-- name: next_ticket
SELECT ticket_id, attempts FROM work
WHERE account_id = :account_id AND ready_at <= :now
ORDER BY ready_at, ticket_id LIMIT 1 {lock_skipping};

-- name: take_turn
UPDATE turns SET served = 1 + (SELECT MAX(others.served) FROM turns AS others), fence = turns.fence + 1
WHERE account_id = :account_id
RETURNING fence;

-- name: lease_ticket
-- `ready_at` moves to the lease's end: a ticket whose worker died becomes ready by itself.
UPDATE work SET fence = :fence, lease_until = :lease_until, ready_at = :lease_until, scheduled_at = :now,
    not_before = 0, first_at = NULL, latest_at = NULL, settle = NULL
WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: take_events
UPDATE events SET fence = :fence
WHERE account_id = :account_id AND ticket_id = :ticket_id AND state = 'waiting';

-- name: taken_events
SELECT * FROM events
WHERE account_id = :account_id AND ticket_id = :ticket_id AND state = 'waiting' AND fence = :fence
ORDER BY id;

-- name: hold_ticket
-- The fence: no row means that the ticket is somebody else's. Locks the row for the rest of the transaction.
UPDATE work SET fence = fence
WHERE account_id = :account_id AND ticket_id = :ticket_id AND fence = :fence AND lease_until IS NOT NULL
RETURNING first_at, latest_at, settle, attempts;

-- name: held_ticket
SELECT 1 AS held FROM work
WHERE account_id = :account_id AND ticket_id = :ticket_id AND fence = :fence AND lease_until IS NOT NULL;

-- name: renew_lease
UPDATE work SET lease_until = :lease_until, ready_at = :lease_until, scheduled_at = :now
WHERE account_id = :account_id AND ticket_id = :ticket_id AND fence = :fence AND lease_until IS NOT NULL;

-- name: end_events
UPDATE events SET state = :state, reason = :reason, finished_at = :now
WHERE account_id = :account_id AND ticket_id = :ticket_id AND fence = :fence AND state = 'waiting';

-- name: end_decided_event
-- The write of an ended event was given up: it stands in the dead letters, where a person finds and replays it.
UPDATE events SET state = 'dead', reason = :reason, finished_at = :now
WHERE account_id = :account_id AND id = (
    SELECT MAX(id) FROM events WHERE account_id = :account_id AND ticket_id = :ticket_id AND state = 'done'
);

-- name: release_ticket
UPDATE work SET lease_until = NULL, scheduled_at = :now, ready_at = :ready_at, not_before = :not_before,
    attempts = :attempts, error = :error
WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: drop_ticket
DELETE FROM work WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: next_ready_at
SELECT MIN((SELECT MIN(work.ready_at) FROM work WHERE work.account_id = turns.account_id)) AS ready_at FROM turns;

-- name: hurry_tickets
-- `attempts` counts failures alone: a ticket that is throttled, or has not settled yet, has none.
UPDATE work SET ready_at = :now, not_before = 0, attempts = 0
WHERE attempts > 0 AND ready_at > :now AND (lease_until IS NULL OR lease_until <= :now)
  AND (CAST(:account_id AS TEXT) IS NULL OR account_id = :account_id);

-- name: waiting_tickets
-- Open rows only, however long the history is.
SELECT open_tickets.*, COALESCE(received_at, planned_at, ready_at) AS since FROM (
    SELECT work.account_id, work.ticket_id, work.ready_at, work.attempts, work.lease_until, work.error,
        (SELECT MIN(events.received_at) FROM events WHERE events.account_id = work.account_id
            AND events.ticket_id = work.ticket_id AND events.state = 'waiting') AS received_at,
        (SELECT MIN(effects.planned_at) FROM effects WHERE effects.account_id = work.account_id
            AND effects.ticket_id = work.ticket_id AND effects.state IN ('planned', 'intent')) AS planned_at
    FROM work WHERE CAST(:account_id AS TEXT) IS NULL OR work.account_id = :account_id
) AS open_tickets
ORDER BY since, account_id, ticket_id LIMIT :limit;

-- name: backlog
-- Counts open things only. The list of states is the one of the index: SQLite does not see that one implies it.
SELECT
    (SELECT COUNT(*) FROM events WHERE state = 'waiting') AS waiting,
    (SELECT COUNT(*) FROM work WHERE ready_at <= :now) AS due,
    (SELECT MIN(ready_at) FROM work WHERE ready_at <= :now) AS oldest,
    (SELECT COUNT(*) FROM events WHERE state = 'dead') AS dead,
    (SELECT COUNT(*) FROM work WHERE lease_until > :now) AS leased,
    (SELECT COUNT(*) FROM effects WHERE state IN ('planned', 'intent', 'failed', 'unknown') AND state = 'planned') AS planned,
    (SELECT COUNT(*) FROM effects WHERE state IN ('planned', 'intent', 'failed', 'unknown') AND state = 'intent') AS intent,
    (SELECT COUNT(*) FROM effects WHERE state IN ('planned', 'intent', 'failed', 'unknown') AND state = 'failed') AS failed,
    (SELECT COUNT(*) FROM effects WHERE state IN ('planned', 'intent', 'failed', 'unknown') AND state = 'unknown') AS unknown,
    (SELECT COUNT(*) FROM alarms WHERE cleared_at IS NULL) AS alarms;
