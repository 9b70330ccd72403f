-- SQLite keeps no statistics here and takes the index of which a statement fixes most columns. So each index of few posts,
-- and each that finds by a list of posts, has a column more than the ones for a whole workspace.
DROP INDEX posts_drafts;
CREATE INDEX posts_drafts ON posts (workspace_id, laid_out_at, changed_at, id) WHERE laid_out_at IS NULL AND ended_at IS NULL;
DROP INDEX posts_in_review;
CREATE INDEX posts_in_review ON posts (workspace_id, review, changed_at, id) WHERE review = 'handed_in' AND ended_at IS NULL;
DROP INDEX publications_post;
CREATE INDEX publications_post ON publications (post_id, workspace_id);
-- What was called off is a draft again where nothing else of its post is left.
CREATE INDEX publications_cancelled ON publications (workspace_id, state, post_id) WHERE state = 'cancelled';
