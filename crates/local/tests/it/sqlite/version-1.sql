-- A store of version 1 with one application, its slot, an inventory and a history entry; never to be changed.

BEGIN TRANSACTION;
CREATE TABLE application_edges (
    application INTEGER NOT NULL,
    package INTEGER NOT NULL,
    PRIMARY KEY (application, package)
) STRICT, WITHOUT ROWID;
INSERT INTO "application_edges" VALUES(1,1);
CREATE TABLE applications (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_registered INTEGER NOT NULL,
    is_consumer INTEGER NOT NULL,
    pipeline TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
INSERT INTO "applications" VALUES(1,'web',1,1,'111122223333/eu-west-1/web','{"v":"1","id":"web","owner":"team-a","pipeline":"111122223333/eu-west-1/web","repositories":["111122223333/acme/shared"],"versioning":"build","policy":{"follow":"all","scopes":["runtime","build","optional","peer"],"on_locked":"notify","rollback":"notify","quiet_period_secs":60,"max_wait_secs":900,"max_block_secs":7200,"max_run_secs":28800,"publish_grace_secs":180,"retries_max":1,"retry_after_secs":600},"registered_at":1767225600000}');
CREATE TABLE budgets (
    target TEXT NOT NULL,
    rebuild TEXT NOT NULL,
    PRIMARY KEY (target, rebuild)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "edges" VALUES(1,1,'web',0,1,NULL,NULL,NULL,7);
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    application TEXT,
    package_version TEXT,
    rebuild TEXT,
    body TEXT NOT NULL
) STRICT;
INSERT INTO "history" VALUES(1,1767225600000,'web',NULL,NULL,'{"v":"1","at":1767225600000,"application":"web","body":{"note":{"kind":"requested","text":"requested"}}}');
CREATE TABLE inventory (
    package INTEGER NOT NULL,
    repository TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (package, repository)
) STRICT;
INSERT INTO "inventory" VALUES(1,'111122223333/acme/shared',1,'{"v":"1","repository":"111122223333/acme/shared","package":"npm/acme/tokens","revision":1,"versions":{"1.0.0":{"status":"published","sequence":1,"event_time":1767225600000,"origin":"internal","first_seen":1767225600000,"published_at":1767225600000,"revised_at":1767225600000,"incarnation":1}}}');
CREATE TABLE markers (
    application TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE packages (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "packages" VALUES(1,'npm/acme/tokens');
CREATE TABLE records (
    name TEXT PRIMARY KEY, -- 'topology', 'controls'
    revision INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE shapes (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "shapes" VALUES(1,'{"v":"1","p":"npm/acme/tokens","r":"^1.0.0","f":"package.json"}');
CREATE TABLE simulation (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO "slots" VALUES(1,'web',1,'pending',NULL,NULL,1767225600000,'{"v":"1","application":"web","revision":1,"rebuilds_requested":1,"state":{"pending":{"rebuild":{"id":"web.1","packages":{"npm//tokens":{"version":"2.0.0","repository":"111122223333/acme/shared","seen_at":1767225600000,"reason":"a plain rebuild resolves to it"}},"requested_at":1767225600000,"last_change_at":1767225600000}}}}');
CREATE INDEX applications_by_pipeline ON applications (pipeline);
CREATE INDEX slots_due ON slots (wake_at, application) WHERE wake_at IS NOT NULL;
CREATE INDEX slots_waiting ON slots (waiting, requested_at, application) WHERE waiting IS NOT NULL;
CREATE INDEX slots_busy ON slots (application) WHERE state <> 'idle';
CREATE INDEX history_by_application ON history (application, at) WHERE application IS NOT NULL;
CREATE INDEX history_by_package_version ON history (package_version, at) WHERE package_version IS NOT NULL;
CREATE INDEX history_by_rebuild ON history (rebuild) WHERE rebuild IS NOT NULL;
COMMIT;
PRAGMA application_id = 0x446e5276;
PRAGMA user_version = 1;
