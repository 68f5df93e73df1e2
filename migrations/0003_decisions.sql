-- What was decided, what it orders to be written, and the chains that make a change of history visible.

-- The last link of each chain. `mac` covers count and digest, so that a cut-off tail cannot be passed over.
CREATE TABLE chains (
    name TEXT NOT NULL PRIMARY KEY,
    entries BIGINT NOT NULL,
    digest TEXT NOT NULL,
    mac TEXT NOT NULL
);

-- `body` with its `salt` may be erased; `body_digest` stays and keeps the chain whole.
CREATE TABLE receipts (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    ticket_id TEXT NOT NULL,
    answers TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    intent TEXT NOT NULL,
    template TEXT NOT NULL,
    policy_version TEXT NOT NULL,
    would_send BIGINT NOT NULL,
    body TEXT,
    salt TEXT,
    body_digest TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX receipts_seq ON receipts (seq);
CREATE INDEX receipts_account ON receipts (account_id, seq);
CREATE INDEX receipts_ticket ON receipts (account_id, ticket_id, seq);
CREATE INDEX receipts_would_send ON receipts (account_id, seq) WHERE would_send = 1;

-- `content` is the whole effect as JSON; the columns beside it are what is asked for.
CREATE TABLE effects (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    answers TEXT NOT NULL,
    revision BIGINT NOT NULL,
    requester_id TEXT,
    content TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    planned_at BIGINT NOT NULL,
    planned_order TEXT NOT NULL,
    intent_at BIGINT,
    finished_at BIGINT,
    remote_id TEXT,
    posted_at BIGINT,
    found BIGINT,
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, receipt_id) REFERENCES receipts (account_id, id)
);
-- One write to a ticket at a time.
CREATE UNIQUE INDEX effects_active ON effects (account_id, ticket_id) WHERE state IN ('planned', 'intent');
CREATE INDEX effects_account ON effects (account_id, planned_order);
CREATE INDEX effects_ticket ON effects (account_id, ticket_id, planned_order);
CREATE INDEX effects_sent ON effects (account_id, intent_at) WHERE kind = 'reply' AND intent_at IS NOT NULL;
CREATE INDEX effects_troubled ON effects (state) WHERE state IN ('planned', 'intent', 'failed', 'unknown');

-- Cards that wait for a person.
CREATE TABLE hand_offs (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    effect_id TEXT NOT NULL,
    intent TEXT NOT NULL,
    owner TEXT NOT NULL,
    since BIGINT NOT NULL,
    take_by BIGINT NOT NULL,
    taken_at BIGINT,
    PRIMARY KEY (account_id, id)
);
-- A card is handed off once; where no note carries it, a ticket has one open card at a time.
CREATE UNIQUE INDEX hand_offs_effect ON hand_offs (account_id, effect_id) WHERE effect_id <> '';
CREATE UNIQUE INDEX hand_offs_bare ON hand_offs (account_id, ticket_id) WHERE effect_id = '' AND taken_at IS NULL;
CREATE INDEX hand_offs_open ON hand_offs (take_by) WHERE taken_at IS NULL;
CREATE INDEX hand_offs_ticket ON hand_offs (account_id, ticket_id) WHERE taken_at IS NULL;
