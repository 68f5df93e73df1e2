-- What was received, and the tickets in work.

-- `waits_from` is when the event began to wait (its receipt or its replay); `fence` names the claim that took it.
CREATE TABLE events (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    event_key TEXT NOT NULL,
    ticket_id TEXT,
    kind TEXT NOT NULL,
    vendor_kind TEXT NOT NULL,
    occurred_at BIGINT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    waits_from BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    finished_at BIGINT,
    fence BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX events_key ON events (account_id, event_key);
CREATE UNIQUE INDEX events_id ON events (id);
-- Only what is open is indexed for work, so that history does not slow down a claim.
CREATE INDEX events_waiting ON events (account_id, ticket_id, id) WHERE state = 'waiting';
CREATE INDEX events_dead ON events (id) WHERE state = 'dead';

-- One row per ticket in work, gone when nothing is left to do. `ready_at` is when it may be claimed: while a lease
-- runs that is the lease's end. `first_at`, `latest_at` and `settle` sum up the events that no claim has taken yet.
-- `not_before` holds a postponed ticket back whatever arrives.
CREATE TABLE work (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    ticket_id TEXT NOT NULL,
    ready_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    first_at BIGINT,
    latest_at BIGINT,
    settle BIGINT,
    attempts BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease_until BIGINT,
    error TEXT NOT NULL,
    PRIMARY KEY (account_id, ticket_id)
);
-- No index on `ready_at` alone: a planner may walk it for an account that has nothing to do.
CREATE INDEX work_turn ON work (account_id, ready_at, ticket_id);
CREATE INDEX work_leased ON work (account_id, lease_until) WHERE lease_until IS NOT NULL;
