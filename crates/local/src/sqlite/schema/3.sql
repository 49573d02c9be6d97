-- Version 3. When the last event of each domain was accepted.

CREATE TABLE heard (
    domain TEXT PRIMARY KEY, -- 'owner/name'
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
