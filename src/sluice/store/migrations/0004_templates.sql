-- What a template presets: JSON by field name. Whoever adds a task from it copies what they want.

ALTER TABLE template ADD COLUMN responsible_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN content TEXT NOT NULL DEFAULT '{}';
