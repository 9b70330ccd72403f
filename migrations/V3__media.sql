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

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL,
    alt TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
