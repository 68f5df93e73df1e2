-- Everything the gate asks for. Nothing here is overwritten except a posture; an end is a time, not a deletion.

CREATE TABLE policies (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    comment TEXT NOT NULL,
    PRIMARY KEY (account_id, version)
);

-- An empty account or intent means every one of them: portable unique indexes need a value.
CREATE TABLE kill_switches (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    intent TEXT NOT NULL,
    since BIGINT NOT NULL,
    turned_on_by TEXT NOT NULL,
    until BIGINT,
    turned_off_by TEXT
);
CREATE UNIQUE INDEX kill_switches_on ON kill_switches (account_id, intent) WHERE until IS NULL;

CREATE TABLE goals (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    intent TEXT NOT NULL,
    body TEXT NOT NULL,
    frozen_at BIGINT NOT NULL,
    frozen_by TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX goals_intent ON goals (account_id, intent, id);

CREATE TABLE verdicts (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    ticket_id TEXT NOT NULL,
    intent TEXT NOT NULL,
    template TEXT NOT NULL,
    who TEXT NOT NULL,
    verdict TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, ticket_id, intent, template, who)
);
CREATE INDEX verdicts_intent ON verdicts (account_id, intent, given_at);

CREATE TABLE postures (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    scope TEXT NOT NULL,
    scope_key TEXT NOT NULL,
    posture TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, scope, scope_key)
);
