-- An address counts for something only once it is proven: by whoever runs the installation, at the console or by an
-- invitation of theirs. A change waits beside the address in use until then.
ALTER TABLE people ADD COLUMN email_proven_at BIGINT;
ALTER TABLE people ADD COLUMN new_email_sealed BYTEA;
ALTER TABLE people ADD COLUMN new_email_index BYTEA;
UPDATE people SET email_proven_at = created_at
 WHERE operator AND NOT EXISTS
       (SELECT 1 FROM audit_events WHERE chain = 'instance' AND act = 'email.changed' AND object = people.id);

CREATE INDEX invitations_to ON invitations (email_index);

-- Links to set a new password; one for each person, and it works once.
CREATE TABLE password_links (
    person_id TEXT PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL,
    workspace_id TEXT,              -- whose owner made it; NULL for the console
    made_by TEXT,                   -- that owner
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX password_links_by_token ON password_links (token_hash);

-- A connection that a program began is opened by its link, in one browser, and ends with the key.
ALTER TABLE connections ADD COLUMN key_id TEXT;
ALTER TABLE connections ADD COLUMN link_hash TEXT;
ALTER TABLE connections ADD COLUMN browser_hash TEXT;
ALTER TABLE connections ADD COLUMN outcome TEXT;
CREATE UNIQUE INDEX connections_by_link ON connections (link_hash);
