-- A body that was read as a stream, compared when the same Idempotency-Key comes again.
ALTER TABLE idempotency_keys ADD COLUMN body_digest BYTEA;

-- The hash of a chain's last entry: what the next one seals.
ALTER TABLE audit_chains ADD COLUMN hash BYTEA;
