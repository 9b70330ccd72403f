-- People, workspaces and the walls between them. Types are those that both engines keep alike; instants are
-- microseconds since 1970, JSON is text, `_sealed` is a value that only the vault can read.

CREATE TABLE data_keys (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,            -- a workspace's id, or 'instance'
    purpose TEXT NOT NULL,          -- 'seal' or 'index'
    state TEXT NOT NULL,            -- 'current' or 'retired'
    wrapped BYTEA NOT NULL,         -- by the key named next, which is never in here
    kek_id TEXT NOT NULL,
    seals BIGINT NOT NULL,          -- how many values it may have sealed, counted in blocks
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE UNIQUE INDEX data_keys_one_current ON data_keys (owner, purpose) WHERE state = 'current';
CREATE INDEX data_keys_by_kek ON data_keys (kek_id);

CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner_id TEXT NOT NULL,         -- the person who pays and may make workspaces
    created_at BIGINT NOT NULL
);
CREATE INDEX organizations_of_owner ON organizations (owner_id);

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    email_sealed BYTEA NOT NULL,
    email_index BYTEA NOT NULL,     -- blind: equal addresses, equal digests
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    zone TEXT NOT NULL,
    password_hash TEXT NOT NULL,    -- Argon2id, PHC text
    operator BOOLEAN NOT NULL,
    disabled_at BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_by_email ON people (email_index);

CREATE TABLE owner_links (
    token_hash BYTEA PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL,
    device TEXT NOT NULL,           -- 'Firefox on Linux': enough to recognise it
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash);
CREATE INDEX sessions_of_person ON sessions (person_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    language TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX workspaces_of_organization ON workspaces (organization_id);

CREATE TABLE members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, person_id)
);
CREATE INDEX members_of_person ON members (person_id, created_at);

CREATE TABLE invitations (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    email_sealed BYTEA NOT NULL,
    email_index BYTEA NOT NULL,
    role TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    invited_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_by_email ON invitations (workspace_id, email_index);

CREATE TABLE api_keys (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    hash BYTEA NOT NULL,            -- SHA-256 of the whole key
    visible TEXT NOT NULL,          -- its first 8 letters after the mode
    name TEXT NOT NULL,
    permissions TEXT NOT NULL,      -- JSON: a list of words
    channels TEXT,                  -- JSON: a list of ids; NULL is all
    addresses TEXT,                 -- JSON: a list of ranges; NULL is any
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    last_used_from TEXT,            -- the /24 or /48
    revoked_at BIGINT,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);
CREATE INDEX api_keys_by_end ON api_keys (expires_at);

CREATE TABLE idempotency_keys (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,              -- SHA-256 of what the client sent
    workspace_id TEXT,
    fingerprint BYTEA NOT NULL,
    token TEXT NOT NULL,
    state TEXT NOT NULL,            -- 'running', 'effected' or 'answered'
    made TEXT,                      -- the path of what was made
    made_status BIGINT,
    answer BYTEA,                   -- sealed
    claimed_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

CREATE TABLE audit_chains (
    chain TEXT PRIMARY KEY,         -- a workspace's id, or 'instance'
    seq BIGINT NOT NULL             -- of the last event
);

-- Append-only: nothing in Fanfare changes or deletes a row, except that a whole chain goes with its workspace.
CREATE TABLE audit_events (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    result TEXT NOT NULL,           -- 'done' or 'refused'
    detail TEXT NOT NULL,           -- JSON: words, numbers and ids; never content or secrets
    previous_hash BYTEA,
    hash BYTEA,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_events_by_time ON audit_events (chain, at);
