-- What agents do in the sidebar of their helpdesk.

-- The tokens that proved the load of a page; kept until they would have expired anyway, so that none opens a second one.
CREATE TABLE used_tokens (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    digest TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, digest)
);
CREATE INDEX used_tokens_expiry ON used_tokens (account_id, expires_at);

-- What an agent asked a worker to do with a ticket. `id` is that of the event in the inbox that brings it there, and
-- where that stands is told by the event; `refused` says why it was not done ("" = it was not refused).
CREATE TABLE wishes (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    verb TEXT NOT NULL,
    draft TEXT NOT NULL,
    instruction TEXT NOT NULL,
    wished_by TEXT NOT NULL,
    wished_at BIGINT NOT NULL,
    refused TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX wishes_ticket ON wishes (account_id, ticket_id, id);

-- What agents say about drafts and cards; `receipt_id` is the decision it is about.
CREATE TABLE feedback (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX feedback_ticket ON feedback (account_id, ticket_id, id);

-- The app in an account's helpdesk: its ids and the public key of its page tokens (Zendesk), the digest of the key that
-- it shows (Freshdesk).
CREATE TABLE installations (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    app_id TEXT NOT NULL,
    installation_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    key_digest TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
