-- Accounts, their secrets and their place in the round robin.
-- Portable: TEXT and BIGINT only; times are microseconds since 1970 in UTC; JSON is text. Append-only: a
-- change is a new file with the next number.

-- Secrets are sealed (see connector/ledger/keys.py). A removed account keeps its row, without secrets, for its history.
-- `tokens_version` counts up with every change of the credentials: who holds an older one must read again.
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    vendor TEXT NOT NULL,
    base_url TEXT NOT NULL,
    stage TEXT NOT NULL,
    bot_user_id TEXT NOT NULL,
    config TEXT NOT NULL,
    default_owner TEXT,
    credentials TEXT NOT NULL,
    webhook_secrets TEXT NOT NULL,
    tokens_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE UNIQUE INDEX accounts_name ON accounts (name) WHERE removed_at IS NULL;

-- One row per live account: `served` orders the round robin, `fence` is the last fence token given out.
-- Apart from `accounts`, because a claim changes it and must not rewrite or lock the account itself.
CREATE TABLE turns (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    served BIGINT NOT NULL,
    fence BIGINT NOT NULL
);

-- Who may refresh an account's tokens right now.
CREATE TABLE token_leases (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);

-- Keys of our own, sealed with HANDRAIL_SECRET_KEY; that a row opens proves that the right key is set.
CREATE TABLE keyring (
    name TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL
);

-- Written by the readiness check, which only believes a write.
CREATE TABLE pulse (
    id BIGINT NOT NULL PRIMARY KEY,
    beats BIGINT NOT NULL
);
