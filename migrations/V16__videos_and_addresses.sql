-- Videos that are being converted for channels, and those for which that failed. A converted one is a rendition, and no longer
-- here. `work` says what to make (JSON); `leased_until` is until when a node works on it.
CREATE TABLE transcodes (
    media_id TEXT NOT NULL,
    recipe TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    work TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    leased_until BIGINT,
    tries BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    failed TEXT,
    PRIMARY KEY (media_id, recipe)
);
CREATE INDEX transcodes_waiting ON transcodes (asked_at) WHERE failed IS NULL;

-- Addresses at which a network fetches one file for one part of a publication. One works only while its publication is being
-- carried out as it was when the address was given: `part`, `round`, `doubts` and `revision` are the publication's.
CREATE TABLE media_addresses (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    publication_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    round BIGINT NOT NULL,
    doubts BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    media_id TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    mime TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    fetches BIGINT NOT NULL
);
CREATE INDEX media_addresses_publication ON media_addresses (publication_id, part);
CREATE INDEX media_addresses_expiry ON media_addresses (expires_at);
