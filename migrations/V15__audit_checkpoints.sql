-- Heads of audit chains, signed with a key that is not in the database. Nothing changes a row, except that it is signed again
-- with a newer key.
CREATE TABLE audit_checkpoints (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,            -- of the last entry it covers
    hash BYTEA NOT NULL,            -- of that entry
    at BIGINT NOT NULL,
    key_id TEXT NOT NULL,           -- of the key in the key ring
    signature BYTEA NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_checkpoints_by_key ON audit_checkpoints (key_id);
