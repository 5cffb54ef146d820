-- How often a job in a row has failed for a reason of ours: each time it is put off for longer.

ALTER TABLE job ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
