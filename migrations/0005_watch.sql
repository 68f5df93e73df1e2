-- Alarms, poll cursors and the audit trail.

CREATE TABLE alarms (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    cleared_at BIGINT
);
CREATE UNIQUE INDEX alarms_open ON alarms (account_id, kind, subject) WHERE cleared_at IS NULL;

CREATE TABLE cursors (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    position TEXT NOT NULL,
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);

-- As with receipts, `detail` with its `salt` may be erased. An empty account is the installation as a whole.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    at BIGINT NOT NULL,
    detail TEXT,
    salt TEXT,
    detail_digest TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE INDEX audit_account ON audit (account_id, seq);
