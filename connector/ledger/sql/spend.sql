-- Model calls, counted.

-- name: count_call
-- One statement, so that two processes cannot both take the last call: the second waits for the row and looks again.
INSERT INTO spend (account_id, day, intent, calls, failures, tokens_in, tokens_out, cost_micros)
VALUES (:account_id, :day, :intent, 1, 0, 0, 0, 0)
ON CONFLICT (account_id, day, intent) DO UPDATE SET calls = spend.calls + 1
WHERE (:most_calls = 0 OR spend.calls < :most_calls) AND (:most_cost = 0 OR spend.cost_micros < :most_cost);

-- name: calls_of_day
SELECT calls FROM spend WHERE account_id = :account_id AND day = :day AND intent = :intent;

-- name: record_spend
UPDATE spend SET failures = failures + :failures, tokens_in = tokens_in + :tokens_in,
    tokens_out = tokens_out + :tokens_out, cost_micros = cost_micros + :cost_micros
WHERE account_id = :account_id AND day = :day AND intent = :intent;

-- name: list_spend
SELECT day, intent, calls, failures, tokens_in, tokens_out, cost_micros FROM spend
WHERE account_id = :account_id AND day >= :since AND intent <> :total ORDER BY day DESC, intent;

-- name: drop_spend_of_account
DELETE FROM spend WHERE account_id = :account_id;
