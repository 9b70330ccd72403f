-- A post can be taken off a channel again. Its form for that channel stays where the journal of a publication names it.
ALTER TABLE variants ADD COLUMN ended_at BIGINT;
