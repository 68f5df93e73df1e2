-- Verdicts as a log: a person may take one back and may judge again under another edition. Nothing is overwritten, and a
-- "right" takes nothing back: where any verdict on a send is another, the send was wrong.

-- `sent_at` and `sent_seq` are those of the would-be send it is about (NULL and 0 where there is none): the order in
-- which sends are counted, which nobody who gives a verdict chooses. `batch` counts the imports of an account.
CREATE TABLE verdict_log (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    ticket_id TEXT NOT NULL,
    intent TEXT NOT NULL,
    template TEXT NOT NULL,
    who TEXT NOT NULL,
    edition TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    sent_at BIGINT,
    sent_seq BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    PRIMARY KEY (account_id, ticket_id, intent, template, who, edition, given_at, verdict)
);

-- From before, each verdict is about the newest would-be send of its edition before it, else of any.
INSERT INTO verdict_log (
    account_id, ticket_id, intent, template, who, edition, given_at, verdict, sent_at, sent_seq, batch
)
SELECT given.account_id, given.ticket_id, given.intent, given.template, given.who, given.edition, given.given_at,
    given.verdict, NULL,
    COALESCE(
        (SELECT MAX(receipts.seq) FROM receipts
         WHERE receipts.account_id = given.account_id AND receipts.ticket_id = given.ticket_id
           AND receipts.intent = given.intent AND receipts.template = given.template AND receipts.would_send = 1
           AND receipts.edition = given.edition AND receipts.decided_at <= given.given_at),
        (SELECT MAX(receipts.seq) FROM receipts
         WHERE receipts.account_id = given.account_id AND receipts.ticket_id = given.ticket_id
           AND receipts.intent = given.intent AND receipts.template = given.template AND receipts.would_send = 1
           AND receipts.decided_at <= given.given_at),
        (SELECT MAX(receipts.seq) FROM receipts
         WHERE receipts.account_id = given.account_id AND receipts.ticket_id = given.ticket_id
           AND receipts.intent = given.intent AND receipts.template = given.template AND receipts.would_send = 1),
        0
    ),
    0
FROM verdicts AS given;
UPDATE verdict_log SET sent_at = (
    SELECT receipts.decided_at FROM receipts WHERE receipts.seq = verdict_log.sent_seq
) WHERE sent_seq > 0;

DROP TABLE verdicts;
ALTER TABLE verdict_log RENAME TO verdicts;
CREATE INDEX verdicts_intent ON verdicts (account_id, intent, batch);
CREATE INDEX verdicts_batch ON verdicts (account_id, batch);
-- Few verdicts are wrong ones, and only they can break a certificate.
CREATE INDEX verdicts_wrong ON verdicts (account_id, intent) WHERE verdict <> 'right';
