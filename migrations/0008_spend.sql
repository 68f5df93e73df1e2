-- What the calls to a language model were and cost, per account, intent and day.

-- `day` is a date of UTC (2026-11-23). The intent '*' holds the sums of the account's day, which its budgets limit.
-- `cost_micros` is in millionths of the configured currency.
CREATE TABLE spend (
    account_id TEXT NOT NULL,
    day TEXT NOT NULL,
    intent TEXT NOT NULL,
    calls BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    tokens_in BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    PRIMARY KEY (account_id, day, intent)
);
