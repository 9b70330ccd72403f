-- Media assets, the renditions made of them, and uploads that have not ended.

CREATE TABLE media_assets (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    mime TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    frames BIGINT NOT NULL,
    duration_ms BIGINT,
    probe TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    alt TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX media_assets_workspace ON media_assets (workspace_id, id);
CREATE INDEX media_assets_ended ON media_assets (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE renditions (
    media_id TEXT NOT NULL,
    recipe TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    mime TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    why TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (media_id, recipe)
);

-- A file on its way, and what it will become: every file has a row here before its first byte is kept, so that nothing
-- that was begun is forgotten. `size_bytes` is NULL where the client does not know it.
CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    media_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size_bytes BIGINT,
    received_bytes BIGINT NOT NULL,
    alt TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX uploads_expiry ON uploads (expires_at);
CREATE INDEX uploads_workspace ON uploads (workspace_id);
