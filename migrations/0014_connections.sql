-- Connecting an account by its helpdesk's consent page: one-time links, and what stands behind a `state`.

-- Of a link or state only the digest is kept. `sealed` holds what it is bound to, encrypted: address, name, PKCE secret.
CREATE TABLE connections (
    digest TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX connections_expired ON connections (expires_at);
