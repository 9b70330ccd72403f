-- How the Studio writes days and hours for a person: by their language, or as they chose.
ALTER TABLE people ADD COLUMN week_starts_on TEXT NOT NULL DEFAULT 'by_language';
ALTER TABLE people ADD COLUMN clock TEXT NOT NULL DEFAULT 'by_language';
