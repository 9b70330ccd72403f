-- What people look for: drafts, what asks for them, and the calendar without posts that were deleted.

-- When something of the post was first laid out in time; a post without it is a draft.
ALTER TABLE posts ADD COLUMN laid_out_at BIGINT;
UPDATE posts SET laid_out_at = made_at WHERE EXISTS (SELECT 1 FROM publications p WHERE p.post_id = posts.id);
CREATE INDEX posts_drafts ON posts (workspace_id, id) WHERE laid_out_at IS NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX posts_ended ON posts (id) WHERE ended_at IS NOT NULL;
CREATE INDEX publications_asking ON publications (workspace_id, post_id) WHERE state IN ('failed', 'needs_eyes', 'parked', 'missed');
