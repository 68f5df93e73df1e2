-- Models of an account's own, and which wording and model a would-be send came from.

-- What a would-be send rests on: the intent's definition, the template's text and the model that read the ticket, as
-- short hashes (see connector/certificates.py). Empty = from before this was recorded.
ALTER TABLE receipts ADD COLUMN edition TEXT NOT NULL DEFAULT '';
ALTER TABLE verdicts ADD COLUMN edition TEXT NOT NULL DEFAULT '';
CREATE INDEX receipts_edition ON receipts (account_id, intent, template, seq) WHERE would_send = 1 AND edition <> '';
CREATE INDEX receipts_decided ON receipts (account_id, decided_at);
-- Few verdicts are wrong ones, and only they can break a certificate.
CREATE INDEX verdicts_wrong ON verdicts (account_id, intent) WHERE verdict <> 'right';

-- `trained` (base64) is empty where it has to be found again from the examples. `base` holds the starter's examples as
-- they were (base64 of packed JSON), so that a later release does not change a model in use. `comparison` is JSON.
CREATE TABLE models (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    version TEXT NOT NULL,
    state TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    promoted_at BIGINT,
    promoted_by TEXT,
    comparison TEXT NOT NULL,
    trained TEXT NOT NULL,
    base TEXT NOT NULL,
    PRIMARY KEY (account_id, version)
);
CREATE UNIQUE INDEX models_champion ON models (account_id) WHERE state = 'champion';

-- The account's own examples, a row each, so that one ticket's can be erased.
CREATE TABLE model_examples (
    account_id TEXT NOT NULL,
    version TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    intent TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account_id, version, ticket_id),
    FOREIGN KEY (account_id, version) REFERENCES models (account_id, version)
);
CREATE INDEX model_examples_ticket ON model_examples (account_id, ticket_id);

-- Reserved tickets that this model would answer with this intent: verdicts on them go on counting.
CREATE TABLE model_sends (
    account_id TEXT NOT NULL,
    version TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    intent TEXT NOT NULL,
    PRIMARY KEY (account_id, version, ticket_id),
    FOREIGN KEY (account_id, version) REFERENCES models (account_id, version)
);
