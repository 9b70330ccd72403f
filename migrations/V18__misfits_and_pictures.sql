-- Scheduled publications that their channel's new limits refuse need attention before their time.
CREATE INDEX publications_misfits ON publications (workspace_id, reason, post_id) WHERE state = 'scheduled' AND reason = 'no_longer_fits';

-- A channel's picture as shown here, the digest that names it, and the address that it came from; and the address from which
-- the next one is to be fetched. Such an address may be long, so the index is on the id.
ALTER TABLE channels ADD COLUMN picture BYTEA;
ALTER TABLE channels ADD COLUMN picture_digest TEXT;
ALTER TABLE channels ADD COLUMN picture_of TEXT;
ALTER TABLE channels ADD COLUMN picture_from TEXT;
CREATE INDEX channels_pictures_due ON channels (id) WHERE picture_from IS NOT NULL;
