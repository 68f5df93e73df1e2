-- Past tickets, imported for the back-test, and what back-tests made of them.

-- `body` and `rating` are JSON. A rating may come without its ticket and stays when the ticket is exported again.
CREATE TABLE history (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    ticket_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    rating TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, ticket_id)
);
CREATE INDEX history_created ON history (account_id, created_at, ticket_id);

-- How far an account's import is. `since` is what was asked for (0 = everything); `finished_at` is empty while it runs.
CREATE TABLE imports (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    position TEXT NOT NULL,
    since BIGINT NOT NULL,
    moved_at BIGINT NOT NULL,
    finished_at BIGINT
);

-- One row per ticket and run; a run is the hash of everything a result rests on. `updated_at` is that of the ticket
-- that was read, so that a changed one is read again. No words of customers stand in `body` but masked excerpts.
CREATE TABLE backtests (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    run TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account_id, run, ticket_id)
);
CREATE INDEX backtests_ticket ON backtests (account_id, ticket_id);
