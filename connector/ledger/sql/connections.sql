-- One-time links and states of accounts that are being connected.

-- name: put_connection
INSERT INTO connections (digest, sealed, expires_at) VALUES (:digest, :sealed, :expires_at);

-- name: connection
SELECT sealed FROM connections WHERE digest = :digest AND expires_at > :now;

-- name: take_connection
-- Whoever deletes the row has it: of two that come at once, one.
DELETE FROM connections WHERE digest = :digest AND expires_at > :now RETURNING sealed;

-- name: drop_expired_connections
DELETE FROM connections WHERE expires_at <= :now;
