-- Cards of hand-offs that a language model is asked to put better: one row for each, beside its receipt.

-- `ready_at` is when the row may be claimed; while a lease runs it is the lease's end, and empty once the model was
-- asked: nobody asks again. `attempts` counts claims and tells them apart. `body` holds the lines and how they came
-- about, as JSON.
CREATE TABLE cards (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    receipt_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    answers TEXT NOT NULL,
    wanted_at BIGINT NOT NULL,
    ready_at BIGINT,
    attempts BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT,
    ended_at BIGINT,
    PRIMARY KEY (account_id, receipt_id),
    FOREIGN KEY (account_id, receipt_id) REFERENCES receipts (account_id, id)
);
CREATE INDEX cards_ready ON cards (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX cards_ticket ON cards (account_id, ticket_id);
