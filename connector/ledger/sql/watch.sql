-- Cards nobody took, alarms, cursors, chains, audit.

-- name: hand_offs_ahead
SELECT 1 AS found FROM hand_offs WHERE taken_at IS NULL AND since > :horizon LIMIT 1;

-- name: bring_hand_offs_back
UPDATE hand_offs SET take_by = :now + (take_by - since), since = :now WHERE taken_at IS NULL AND since > :horizon;

-- name: overdue_hand_offs
SELECT * FROM hand_offs
WHERE taken_at IS NULL AND take_by < :now AND NOT EXISTS (
    SELECT 1 FROM alarms
    WHERE alarms.account_id = hand_offs.account_id AND alarms.kind = 'hand_off_not_taken'
      AND alarms.subject = hand_offs.ticket_id AND alarms.cleared_at IS NULL
)
ORDER BY take_by, id;

-- name: take_hand_offs
UPDATE hand_offs SET taken_at = :now
WHERE account_id = :account_id AND ticket_id = :ticket_id AND taken_at IS NULL;

-- name: raise_alarm
INSERT INTO alarms (id, account_id, kind, subject, detail, raised_at)
VALUES (:id, :account_id, :kind, :subject, :detail, :raised_at)
ON CONFLICT DO NOTHING;

-- name: clear_alarm
UPDATE alarms SET cleared_at = :now
WHERE account_id = :account_id AND kind = :kind AND subject = :subject AND cleared_at IS NULL;

-- name: list_alarms
SELECT * FROM alarms
WHERE cleared_at IS NULL AND (CAST(:account_id AS TEXT) IS NULL OR account_id = :account_id)
ORDER BY raised_at, id;

-- name: cursor
SELECT position, moved_at FROM cursors WHERE account_id = :account_id AND name = :name;

-- name: move_cursor
INSERT INTO cursors (account_id, name, position, moved_at) VALUES (:account_id, :name, :position, :now)
ON CONFLICT (account_id, name) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at;

-- name: add_chain
INSERT INTO chains (name, entries, digest, mac) VALUES (:name, :entries, :digest, :mac) ON CONFLICT (name) DO NOTHING;

-- name: chain
SELECT entries, digest, mac FROM chains WHERE name = :name;

-- name: lock_chain
SELECT entries, digest, mac FROM chains WHERE name = :name {lock};

-- name: move_chain
UPDATE chains SET entries = :entries, digest = :digest, mac = :mac WHERE name = :name;

-- name: insert_audit
INSERT INTO audit (seq, account_id, actor, verb, at, detail, salt, detail_digest, previous, digest)
VALUES (:seq, :account_id, :actor, :verb, :at, :detail, :salt, :detail_digest, :previous, :digest);

-- name: list_audit
SELECT * FROM audit WHERE (CAST(:account_id AS TEXT) IS NULL OR account_id = :account_id)
ORDER BY seq DESC LIMIT :limit;

-- name: audit_chain
SELECT * FROM audit WHERE seq > :after ORDER BY seq LIMIT :limit;
