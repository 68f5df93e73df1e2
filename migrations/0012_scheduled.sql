-- When a waiting row was given its time. One that lies ahead was given it by a clock that has been set back since.

-- 0: given by an earlier release, which did not say.
ALTER TABLE work ADD COLUMN scheduled_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX work_scheduled ON work (scheduled_at);
ALTER TABLE cards ADD COLUMN scheduled_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX cards_scheduled ON cards (scheduled_at) WHERE ready_at IS NOT NULL;
-- A hand-off was always given its time when it was made.
CREATE INDEX hand_offs_since ON hand_offs (since) WHERE taken_at IS NULL;
