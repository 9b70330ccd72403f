-- The key that took over from this one. A key is rotated once.
ALTER TABLE api_keys ADD COLUMN successor TEXT;
