-- Version 4. How changes spread.

CREATE TABLE rollouts (
    change TEXT PRIMARY KEY, -- 'format/namespace/name/version'
    revision INTEGER NOT NULL,
    is_over INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX open_rollouts ON rollouts (change) WHERE is_over = 0;
