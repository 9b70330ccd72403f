-- What a consent gave waits here, sealed, until its channels are chosen. With `grant_id` they are added to a grant that is there.
ALTER TABLE connections ADD COLUMN granted_sealed BYTEA;
ALTER TABLE connections ADD COLUMN grant_id TEXT;

-- The account's name after the @, and when the platform is next asked what the grant gives.
ALTER TABLE grants ADD COLUMN handle TEXT;
ALTER TABLE grants ADD COLUMN check_at BIGINT;
ALTER TABLE grants ADD COLUMN check_failures BIGINT NOT NULL DEFAULT 0;
CREATE INDEX grants_check ON grants (check_at) WHERE check_at IS NOT NULL;
UPDATE grants SET check_at = made_at WHERE state = 'active';

-- A channel's own tokens, where the platform has some per page; why the platform does not give the channel any more; and
-- since when posts are to be judged again by new limits.
ALTER TABLE channels ADD COLUMN tokens_sealed BYTEA;
ALTER TABLE channels ADD COLUMN lost TEXT;
ALTER TABLE channels ADD COLUMN limits_changed_at BIGINT;
CREATE INDEX channels_limits_changed ON channels (limits_changed_at) WHERE limits_changed_at IS NOT NULL;
