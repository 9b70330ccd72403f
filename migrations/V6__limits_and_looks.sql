-- A platform's limits by what they limit: sending (blocked_until) and reading. And deaths of a process while it looked what
-- became of a publication, apart from those while it sent one.
ALTER TABLE lanes ADD COLUMN reads_blocked_until BIGINT;
ALTER TABLE publications ADD COLUMN look_crashes BIGINT NOT NULL DEFAULT 0;
