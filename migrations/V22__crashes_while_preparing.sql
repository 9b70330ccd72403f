-- Deaths of a process while it prepared a publication, apart from those while it sent it: preparing publishes nothing.
ALTER TABLE publications ADD COLUMN prepare_crashes BIGINT NOT NULL DEFAULT 0;
