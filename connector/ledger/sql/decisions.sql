-- Receipts, effects and hand-offs.

-- name: insert_receipt
INSERT INTO receipts (
    account_id, id, seq, ticket_id, answers, decided_at, action, intent, template, policy_version, would_send,
    edition, body, salt, body_digest, previous, digest
) VALUES (
    :account_id, :id, :seq, :ticket_id, :answers, :decided_at, :action, :intent, :template, :policy_version,
    :would_send, :edition, :body, :salt, :body_digest, :previous, :digest
);

-- name: list_receipts
SELECT * FROM receipts WHERE account_id = :account_id ORDER BY seq DESC LIMIT :limit;

-- name: list_ticket_receipts
SELECT * FROM receipts WHERE account_id = :account_id AND ticket_id = :ticket_id ORDER BY seq DESC LIMIT :limit;

-- name: decided
-- The decision on this customer message, however many events without news came after it.
SELECT * FROM receipts
WHERE account_id = :account_id AND ticket_id = :ticket_id AND answers = :answers AND action <> 'ignore'
ORDER BY seq DESC LIMIT 1;

-- name: list_hand_offs
-- One page of the tickets whose newest decision is one; the next page starts after the last row's seq.
SELECT * FROM receipts
WHERE account_id = :account_id AND decided_at >= :since AND action = 'hand_off' AND seq > :after
  AND body LIKE :named
  AND NOT EXISTS (
    SELECT 1 FROM receipts AS later
    WHERE later.account_id = receipts.account_id AND later.ticket_id = receipts.ticket_id
      AND later.seq > receipts.seq AND later.action <> 'ignore'
  )
ORDER BY seq LIMIT :limit;

-- name: list_would_sends
-- One page; the next one starts after the last row's seq.
SELECT * FROM receipts
WHERE account_id = :account_id AND would_send = 1 AND seq > :after
  AND (CAST(:intent AS TEXT) IS NULL OR intent = :intent)
ORDER BY seq LIMIT :limit;

-- name: first_edition
SELECT edition FROM receipts
WHERE account_id = :account_id AND intent = :intent AND template = :template AND would_send = 1 AND edition <> ''
ORDER BY seq LIMIT 1;

-- name: coverage
SELECT intent, COUNT(DISTINCT ticket_id) AS tickets,
    COUNT(DISTINCT CASE WHEN would_send = 1 THEN ticket_id END) AS sends
FROM receipts WHERE account_id = :account_id AND decided_at >= :since AND action <> 'ignore'
GROUP BY intent;

-- name: receipt_chain
SELECT * FROM receipts WHERE seq > :after ORDER BY seq LIMIT :limit;

-- name: erase_receipts
UPDATE receipts SET body = NULL, salt = NULL WHERE account_id = :account_id AND ticket_id = :ticket_id AND body IS NOT NULL;

-- name: insert_effect
-- An effect that exists is left as it is: one reply to one customer comment, ever.
INSERT INTO effects (
    account_id, id, ticket_id, receipt_id, kind, answers, revision, requester_id, content,
    state, reason, attempts, planned_at, planned_order
) VALUES (
    :account_id, :id, :ticket_id, :receipt_id, :kind, :answers, :revision, :requester_id, :content,
    'planned', '', 0, :now, :planned_order
)
ON CONFLICT (account_id, id) DO NOTHING;

-- name: effect
SELECT * FROM effects WHERE account_id = :account_id AND id = :id;

-- name: unsettled_effects
SELECT * FROM effects
WHERE account_id = :account_id AND ticket_id = :ticket_id AND state IN ('planned', 'intent')
ORDER BY planned_order;

-- name: list_effects
SELECT * FROM effects WHERE account_id = :account_id ORDER BY planned_order DESC LIMIT :limit;

-- name: list_ticket_effects
SELECT * FROM effects
WHERE account_id = :account_id AND ticket_id = :ticket_id ORDER BY planned_order DESC LIMIT :limit;

-- name: begin_effect
-- A second try after an ambiguous one begins again from `intent`.
UPDATE effects SET state = 'intent', attempts = attempts + 1, intent_at = :now
WHERE account_id = :account_id AND ticket_id = :ticket_id AND id = :id AND state IN ('planned', 'intent');

-- name: redate_intents
-- Begun by a clock that was set back since: the call may have left this instant.
UPDATE effects SET intent_at = :now
WHERE account_id = :account_id AND ticket_id = :ticket_id
  AND state IN ('planned', 'intent') AND state = 'intent' AND intent_at > :horizon;

-- name: end_effect
-- What the helpdesk had refused and yet applied is found later: it counts as sent, too.
UPDATE effects SET state = :state, reason = :reason, finished_at = :now,
    intent_at = CASE WHEN CAST(:state AS TEXT) = 'done' THEN COALESCE(intent_at, :now) ELSE intent_at END,
    remote_id = :remote_id, posted_at = :posted_at, found = :found
WHERE account_id = :account_id AND ticket_id = :ticket_id AND id = :id AND state IN ('planned', 'intent');

-- name: unbegin_effect
-- The helpdesk said that nothing was applied: no call is out there any more.
UPDATE effects SET state = 'planned', reason = :reason, intent_at = NULL
WHERE account_id = :account_id AND ticket_id = :ticket_id AND id = :id AND state IN ('planned', 'intent');

-- name: fail_effects
-- A reply whose call may have left has no known outcome: saying "failed" would deny that the customer may have it.
UPDATE effects SET reason = :reason, finished_at = :now,
    state = CASE WHEN kind = 'reply' AND state = 'intent' THEN 'unknown' ELSE 'failed' END
WHERE account_id = :account_id AND ticket_id = :ticket_id AND state IN ('planned', 'intent');

-- name: drop_effects_of_account
UPDATE effects SET reason = 'account_removed', finished_at = :now,
    state = CASE WHEN state = 'intent' THEN 'unknown' ELSE 'void' END
WHERE account_id = :account_id AND state IN ('planned', 'intent');

-- name: erase_effects
-- The content of settled effects with the customer's words in it; which effect it was stays known.
UPDATE effects SET content = :content
WHERE account_id = :account_id AND id = :id AND state NOT IN ('planned', 'intent');

-- name: sends
SELECT COUNT(*) AS count FROM effects
WHERE account_id = :account_id AND kind = 'reply' AND intent_at IS NOT NULL AND intent_at >= :since
  AND state IN ('intent', 'done', 'unknown')
  AND (CAST(:requester_id AS TEXT) IS NULL OR requester_id = :requester_id);

-- name: sent
-- One page; the next one starts after the last row.
SELECT effects.*, receipts.decided_at, receipts.action, receipts.intent, receipts.template, receipts.policy_version, receipts.would_send,
    receipts.body, receipts.edition
FROM effects JOIN receipts ON receipts.account_id = effects.account_id AND receipts.id = effects.receipt_id
WHERE effects.account_id = :account_id AND effects.kind = 'reply' AND effects.intent_at IS NOT NULL
  AND effects.intent_at >= :since AND effects.intent_at < :until
  AND effects.state IN ('intent', 'done', 'unknown')
  AND (effects.intent_at > :after OR (effects.intent_at = :after AND effects.id > :after_id))
ORDER BY effects.intent_at, effects.id LIMIT :limit;

-- name: replied
SELECT MAX(intent_at) AS replied_at FROM effects
WHERE account_id = :account_id AND ticket_id = :ticket_id AND kind = 'reply'
  AND state IN ('intent', 'done', 'unknown');

-- name: reply_open
-- A reply that may still be on its way, or of which nobody knows whether it arrived.
SELECT COUNT(*) AS count FROM effects
WHERE account_id = :account_id AND ticket_id = :ticket_id AND kind = 'reply' AND state IN ('intent', 'unknown');

-- name: revision
SELECT MAX(revision) AS revision FROM effects
WHERE account_id = :account_id AND ticket_id = :ticket_id AND answers = :answers AND kind = 'note';

-- name: insert_hand_off
INSERT INTO hand_offs (account_id, id, ticket_id, effect_id, intent, owner, since, take_by)
VALUES (:account_id, :id, :ticket_id, :effect_id, :intent, :owner, :since, :take_by)
ON CONFLICT DO NOTHING;
