-- Requests of platforms about an account: its access here was removed, or what is stored about it is to be erased. They are
-- answered first and carried out after. `id` is a digest of what came, so that the same request twice is one; `account_id` is
-- erased with the carrying out. `code` is on the confirmation of an erasure.
CREATE TABLE hook_requests (
    id TEXT NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL,
    asks TEXT NOT NULL,
    account_id TEXT,
    said_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    code TEXT,
    outcome TEXT,
    done_at BIGINT
);
CREATE INDEX hook_requests_waiting ON hook_requests (received_at) WHERE outcome IS NULL;
CREATE INDEX hook_requests_code ON hook_requests (code) WHERE code IS NOT NULL;

-- The id by which the platform's requests name the account, where that is another than `account_id`.
ALTER TABLE grants ADD COLUMN named_by TEXT;
CREATE INDEX grants_account ON grants (platform, account_id);
CREATE INDEX grants_named_by ON grants (platform, named_by) WHERE named_by IS NOT NULL;

-- When the platform said that the post changed.
ALTER TABLE post_metrics ADD COLUMN changed_at BIGINT;
