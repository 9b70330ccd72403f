-- Channels, posts and publishing. One text for both engines: TEXT, BIGINT, BOOLEAN, BYTEA; JSON is TEXT;
-- instants are BIGINT microseconds since 1970. Every column is declared in the privacy inventory.

CREATE TABLE platform_apps (
    platform TEXT NOT NULL,
    instance TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (platform, instance)
);

CREATE TABLE connections (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    state_hash TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    instance TEXT NOT NULL,
    person_id TEXT,
    session_hash TEXT,
    reconnects TEXT,
    memory_sealed BYTEA NOT NULL,
    screen_hash TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    instance TEXT NOT NULL,
    account_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    tokens_sealed BYTEA,
    previous_sealed BYTEA,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    expires_at BIGINT,
    refresh_at BIGINT,
    refresh_fence BIGINT NOT NULL,
    refresh_until BIGINT,
    refresh_begun_at BIGINT,
    made_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX grants_refresh ON grants (refresh_at) WHERE refresh_at IS NOT NULL;
CREATE INDEX grants_workspace ON grants (workspace_id);

CREATE TABLE channels (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    account_id TEXT NOT NULL,
    target_key TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    paused_reason TEXT,
    paused_until BIGINT,
    checked_at BIGINT,
    made_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX channels_workspace ON channels (workspace_id, id);
CREATE UNIQUE INDEX channels_account ON channels (platform, account_id, target_key) WHERE ended_at IS NULL;

CREATE TABLE channel_consents (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    act TEXT NOT NULL,
    scopes TEXT NOT NULL,
    screen_hash TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE queue_slots (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    weekday BIGINT NOT NULL,
    minute BIGINT NOT NULL,
    zone TEXT NOT NULL
);
CREATE UNIQUE INDEX queue_slots_channel ON queue_slots (channel_id, weekday, minute);

CREATE TABLE posts (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX posts_workspace ON posts (workspace_id, id);

CREATE TABLE variants (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    post_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    content TEXT NOT NULL,
    own BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX variants_post ON variants (post_id, channel_id);

CREATE TABLE series (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    post_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    filled_until BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    ended_at BIGINT
);

CREATE TABLE publications (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    post_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    series_id TEXT,
    due_at BIGINT NOT NULL,
    local_time TEXT,
    zone TEXT,
    wake_at BIGINT,
    state TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    part BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    doubts BIGINT NOT NULL,
    looks BIGINT NOT NULL,
    round BIGINT NOT NULL,
    crashes BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    authorised_by TEXT NOT NULL,
    url TEXT,
    published_at BIGINT,
    made_at BIGINT NOT NULL
);
CREATE INDEX publications_lane ON publications (channel_id, wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX publications_post ON publications (post_id);
CREATE INDEX publications_calendar ON publications (workspace_id, due_at, id, channel_id, state);
CREATE UNIQUE INDEX publications_occurrence ON publications (series_id, variant_id, local_time) WHERE series_id IS NOT NULL;

CREATE TABLE lanes (
    channel_id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    wake_at BIGINT,
    blocked_until BIGINT,
    blocked_reason TEXT,
    failures BIGINT NOT NULL,
    node TEXT,
    batch TEXT,
    current TEXT,
    fence BIGINT NOT NULL
);
CREATE INDEX lanes_wake ON lanes (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX lanes_node ON lanes (node) WHERE node IS NOT NULL;

CREATE TABLE attempts (
    id TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL,
    publication_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    n BIGINT NOT NULL,
    op_id TEXT NOT NULL,
    client_id TEXT,
    prepared TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    fence BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    armed_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    finished_at BIGINT,
    outcome TEXT,
    kind TEXT,
    detail TEXT,
    remote_id TEXT,
    remote TEXT,
    proof TEXT,
    exchanges TEXT
);
-- R-02: at most one armed attempt without an outcome per part.
CREATE UNIQUE INDEX attempts_open ON attempts (publication_id, position) WHERE outcome IS NULL;
-- R-04: a part ends with exactly one remote id.
CREATE UNIQUE INDEX attempts_remote ON attempts (publication_id, position) WHERE remote_id IS NOT NULL;
CREATE INDEX attempts_publication ON attempts (publication_id, position, n);
CREATE INDEX attempts_taken ON attempts (channel_id, remote_id) WHERE remote_id IS NOT NULL;

CREATE TABLE handles (
    publication_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    value TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (publication_id, position, name)
);

CREATE TABLE story (
    publication_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    workspace_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail TEXT,
    exchanges TEXT,
    PRIMARY KEY (publication_id, seq)
);

CREATE TABLE events (
    workspace_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);

-- The last number given out. The row is locked until its writer commits, so numbers become visible in order.
CREATE TABLE event_counters (
    workspace_id TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE post_metrics (
    workspace_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    metric TEXT NOT NULL,
    value BIGINT NOT NULL,
    source TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (channel_id, remote_id, metric)
);

CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE switches (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL
);
