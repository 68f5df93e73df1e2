-- What is left to do for an account that was disconnected.

-- `erase_at`: when its history is erased; null = only when somebody asks. `leave_at`: when its access is next tried to be
-- given back at the helpdesk; null = that is over, and its credentials are forgotten. `leave_tries` counts the tries, as
-- no clock can be trusted to say for how long it was tried.
ALTER TABLE accounts ADD COLUMN erase_at BIGINT;
ALTER TABLE accounts ADD COLUMN leave_at BIGINT;
ALTER TABLE accounts ADD COLUMN leave_tries BIGINT NOT NULL DEFAULT 0;
CREATE INDEX accounts_erase ON accounts (erase_at) WHERE erase_at IS NOT NULL;
CREATE INDEX accounts_leave ON accounts (leave_at) WHERE leave_at IS NOT NULL;
