-- Schema version, keyring, readiness. Words in braces are filled in per engine (sqlite.py, postgres.py).

-- name: table_count
SELECT COUNT(*) AS count FROM {tables} AS known WHERE known.name = :name;

-- name: lock_schema
-- Two processes that start at once must not both migrate; SQLite's write transaction is lock enough.
SELECT {schema_lock} AS locked;

-- name: create_schema_version
CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL);

-- name: schema_version
SELECT MAX(version) AS version FROM schema_version;

-- name: add_schema_version
INSERT INTO schema_version (version, name) VALUES (:version, :name);

-- name: key
SELECT sealed FROM keyring WHERE name = :name;

-- name: add_key
INSERT INTO keyring (name, sealed) VALUES (:name, :sealed) ON CONFLICT (name) DO NOTHING;

-- name: reseal_key
UPDATE keyring SET sealed = :sealed WHERE name = :name;

-- name: beat
INSERT INTO pulse (id, beats) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET beats = pulse.beats + 1;

-- name: backup_facts
SELECT
    (SELECT COUNT(*) FROM accounts WHERE removed_at IS NULL) AS accounts,
    (SELECT COUNT(*) FROM receipts) AS receipts,
    (SELECT MAX(received_at) FROM events) AS received_at;

-- name: doubt_effects
-- After a restore the helpdesk is the truth: what was planned then may have been written since, so it is looked for.
UPDATE effects SET state = 'intent', intent_at = :now, attempts = attempts + 1 WHERE state = 'planned';
