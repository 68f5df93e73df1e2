-- Cards that a model puts better.

-- name: want_card
INSERT INTO cards (account_id, receipt_id, ticket_id, answers, wanted_at, ready_at, scheduled_at, attempts, state, reason)
VALUES (:account_id, :receipt_id, :ticket_id, :answers, :now, :now, :now, 0, 'wanted', '');

-- name: cards_ahead
SELECT 1 AS found FROM cards WHERE ready_at IS NOT NULL AND scheduled_at > :horizon LIMIT 1;

-- name: bring_cards_back
-- Each waits as long as it was told to, from now: one may be leased.
UPDATE cards SET ready_at = :now + (ready_at - scheduled_at), scheduled_at = :now
WHERE ready_at IS NOT NULL AND scheduled_at > :horizon;

-- name: next_card
-- A ticket that is in work has its note still to come, or something newer to say.
SELECT * FROM cards
WHERE ready_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work WHERE work.account_id = cards.account_id AND work.ticket_id = cards.ticket_id
)
ORDER BY ready_at LIMIT 1;

-- name: lease_card
-- No row: another worker was faster.
UPDATE cards SET attempts = attempts + 1, ready_at = :lease_until, scheduled_at = :now
WHERE account_id = :account_id AND receipt_id = :receipt_id AND attempts = :attempts AND ready_at <= :now;

-- name: begin_card
UPDATE cards SET state = 'asked', ready_at = NULL
WHERE account_id = :account_id AND receipt_id = :receipt_id AND attempts = :attempts AND state = 'wanted';

-- name: postpone_card
UPDATE cards SET ready_at = :ready_at, scheduled_at = :now, reason = :reason
WHERE account_id = :account_id AND receipt_id = :receipt_id AND attempts = :attempts AND state = 'wanted';

-- name: end_card
UPDATE cards SET state = :state, reason = :reason, body = :body, ready_at = NULL, ended_at = :now
WHERE account_id = :account_id AND receipt_id = :receipt_id AND attempts = :attempts AND state IN ('wanted', 'asked');

-- name: list_cards
SELECT * FROM cards WHERE account_id = :account_id AND ticket_id = :ticket_id ORDER BY receipt_id;

-- name: erase_cards
DELETE FROM cards WHERE account_id = :account_id AND ticket_id = :ticket_id;

-- name: drop_cards_of_account
DELETE FROM cards WHERE account_id = :account_id;
