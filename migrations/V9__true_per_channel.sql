-- What is live on each channel, where the post says something else by now (JSON), and how many of its live parts were
-- deleted at the platform, the last ones first.
ALTER TABLE publications ADD COLUMN live_content TEXT;
ALTER TABLE publications ADD COLUMN parts_gone BIGINT NOT NULL DEFAULT 0;
-- What is next on a workspace's channels.
CREATE INDEX publications_next ON publications (workspace_id, due_at, post_id) WHERE state IN ('scheduled', 'armed', 'processing', 'unknown');

-- A draft's intended time, and where it stands between its author and those who may publish it.
ALTER TABLE posts ADD COLUMN planned_at BIGINT;
ALTER TABLE posts ADD COLUMN planned_local TEXT;
ALTER TABLE posts ADD COLUMN planned_zone TEXT;
ALTER TABLE posts ADD COLUMN review TEXT;
ALTER TABLE posts ADD COLUMN review_by TEXT;
ALTER TABLE posts ADD COLUMN review_at BIGINT;
ALTER TABLE posts ADD COLUMN review_note TEXT;
CREATE INDEX posts_planned ON posts (workspace_id, planned_at, id) WHERE planned_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX posts_edited ON posts (workspace_id, changed_at, id) WHERE ended_at IS NULL;
CREATE INDEX posts_in_review ON posts (workspace_id, id) WHERE review = 'handed_in' AND ended_at IS NULL;

-- A series that is paused keeps its rule; its occurrences are laid out again when it is resumed.
ALTER TABLE series ADD COLUMN paused_at BIGINT;
CREATE INDEX series_post ON series (post_id);
