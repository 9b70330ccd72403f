-- Whether a lost channel is gone at the platform, as it said itself; else only the channel's login was refused.
ALTER TABLE channels ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE;
