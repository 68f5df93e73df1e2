-- What an erased account leaves: nothing but what the chains have signed.

-- name: erase_hand_offs_of_account
DELETE FROM hand_offs WHERE account_id = :account_id;

-- name: erase_effects_of_account
DELETE FROM effects WHERE account_id = :account_id;

-- name: erase_events_of_account
DELETE FROM events WHERE account_id = :account_id;

-- name: erase_verdicts_of_account
DELETE FROM verdicts WHERE account_id = :account_id;

-- name: erase_goals_of_account
DELETE FROM goals WHERE account_id = :account_id;

-- name: erase_postures_of_account
DELETE FROM postures WHERE account_id = :account_id;

-- name: erase_policies_of_account
DELETE FROM policies WHERE account_id = :account_id;

-- name: erase_kill_switches_of_account
DELETE FROM kill_switches WHERE account_id = :account_id;

-- name: erase_alarms_of_account
DELETE FROM alarms WHERE account_id = :account_id;

-- name: erase_cursors_of_account
DELETE FROM cursors WHERE account_id = :account_id;

-- name: erase_model_examples_of_account
DELETE FROM model_examples WHERE account_id = :account_id;

-- name: erase_model_sends_of_account
DELETE FROM model_sends WHERE account_id = :account_id;

-- name: erase_models_of_account
DELETE FROM models WHERE account_id = :account_id;

-- name: erase_document_revisions_of_account
DELETE FROM document_revisions WHERE account_id = :account_id;

-- name: erase_receipts_of_account
-- The chain holds salted digests of what is emptied here, so it stays whole.
UPDATE receipts SET body = NULL, salt = NULL WHERE account_id = :account_id AND body IS NOT NULL;

-- name: erase_audit_of_account
UPDATE audit SET detail = NULL, salt = NULL WHERE account_id = :account_id AND detail IS NOT NULL;

-- name: empty_account
-- The row stays, as signed receipts refer to it. While the access is still to be given back at the helpdesk, so do name
-- and address; both are emptied by the erasure that comes at once after that.
UPDATE accounts SET config = '', bot_user_id = '', default_owner = NULL, updated_at = :now,
    name = CASE WHEN leave_at IS NULL THEN '' ELSE name END,
    base_url = CASE WHEN leave_at IS NULL THEN '' ELSE base_url END,
    erase_at = CASE WHEN leave_at IS NULL THEN NULL ELSE removed_at END
WHERE id = :id AND removed_at IS NOT NULL;
