-- The accounts' own models.

-- name: put_model
-- The same data trained again replaces what was found, but never in the model that serves.
INSERT INTO models (
    account_id, version, state, data_hash, made_at, made_by, changed_at, comparison, trained, base
) VALUES (
    :account_id, :version, 'challenger', :data_hash, :now, :who, :now, :comparison, :trained, :base
)
ON CONFLICT (account_id, version) DO UPDATE SET state = 'challenger', made_at = excluded.made_at,
    made_by = excluded.made_by, changed_at = excluded.changed_at, comparison = excluded.comparison,
    trained = excluded.trained, base = excluded.base
WHERE models.state <> 'champion';

-- name: retire_challengers
UPDATE models SET state = 'retired' WHERE account_id = :account_id AND state = 'challenger' AND version <> :version;

-- name: clear_examples
DELETE FROM model_examples WHERE account_id = :account_id AND version = :version;

-- name: insert_example
INSERT INTO model_examples (account_id, version, ticket_id, intent, language, body)
VALUES (:account_id, :version, :ticket_id, :intent, :language, :body);

-- name: clear_model_sends
DELETE FROM model_sends WHERE account_id = :account_id AND version = :version;

-- name: insert_model_send
INSERT INTO model_sends (account_id, version, ticket_id, intent)
VALUES (:account_id, :version, :ticket_id, :intent);

-- name: retire_champion
UPDATE models SET state = 'retired' WHERE account_id = :account_id AND state = 'champion';

-- name: crown_model
UPDATE models SET state = 'champion', promoted_at = :now, promoted_by = :who
WHERE account_id = :account_id AND version = :version;

-- name: champion
SELECT account_id, version, state, data_hash, made_at, made_by, changed_at, promoted_at, promoted_by, comparison
FROM models WHERE account_id = :account_id AND state = 'champion';

-- name: list_models
SELECT account_id, version, state, data_hash, made_at, made_by, changed_at, promoted_at, promoted_by, comparison
FROM models WHERE account_id = :account_id ORDER BY made_at DESC, version;

-- name: model_content
SELECT trained, base FROM models WHERE account_id = :account_id AND version = :version;

-- name: model_examples
SELECT ticket_id, intent, language, body FROM model_examples
WHERE account_id = :account_id AND version = :version ORDER BY intent, language, ticket_id;

-- name: learnt_tickets
SELECT ticket_id FROM model_examples WHERE account_id = :account_id AND version = :version;

-- name: model_sends
SELECT ticket_id, intent FROM model_sends WHERE account_id = :account_id AND version = :version;

-- name: untrain_models
-- A model that learnt from an erased ticket is found again without it.
UPDATE models SET trained = '', changed_at = changed_at + 1
WHERE account_id = :account_id AND version IN (
    SELECT version FROM model_examples WHERE account_id = :account_id AND ticket_id = :ticket_id
);

-- name: erase_examples
DELETE FROM model_examples WHERE account_id = :account_id AND ticket_id = :ticket_id;
