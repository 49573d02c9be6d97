-- Version 1. Bodies are the engine's stored forms; a column repeats what is searched for.

CREATE TABLE records (
    name TEXT PRIMARY KEY, -- 'topology', 'controls'
    revision INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE applications (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_registered INTEGER NOT NULL,
    is_consumer INTEGER NOT NULL,
    pipeline TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX applications_by_pipeline ON applications (pipeline);

CREATE TABLE slots (
    id INTEGER PRIMARY KEY,
    application TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    wake_at INTEGER,
    waiting TEXT,
    requested_at INTEGER,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX slots_due ON slots (wake_at, application) WHERE wake_at IS NOT NULL;
CREATE INDEX slots_waiting ON slots (waiting, requested_at, application) WHERE waiting IS NOT NULL;
CREATE INDEX slots_busy ON slots (application) WHERE state <> 'idle';

CREATE TABLE packages (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE shapes (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL UNIQUE
) STRICT;

-- Clustered as dependents are read: producers first, then by application.
CREATE TABLE edges (
    package INTEGER NOT NULL,
    is_consumer INTEGER NOT NULL,
    application TEXT NOT NULL,
    instance INTEGER NOT NULL,
    shape INTEGER NOT NULL,
    built TEXT, -- '=' and a proven version, '~' and an assumed one
    built_as_of INTEGER,
    built_revision TEXT,
    line INTEGER,
    PRIMARY KEY (package, is_consumer, application, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE application_edges (
    application INTEGER NOT NULL,
    package INTEGER NOT NULL,
    PRIMARY KEY (application, package)
) STRICT, WITHOUT ROWID;

CREATE TABLE inventory (
    package INTEGER NOT NULL,
    repository TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (package, repository)
) STRICT;

CREATE TABLE markers (
    application TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE budgets (
    target TEXT NOT NULL,
    rebuild TEXT NOT NULL,
    PRIMARY KEY (target, rebuild)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    application TEXT,
    package_version TEXT,
    rebuild TEXT,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX history_by_application ON history (application, at) WHERE application IS NOT NULL;
CREATE INDEX history_by_package_version ON history (package_version, at) WHERE package_version IS NOT NULL;
CREATE INDEX history_by_rebuild ON history (rebuild) WHERE rebuild IS NOT NULL;

CREATE TABLE simulation (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
