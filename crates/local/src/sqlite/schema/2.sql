-- Where a lockfile holds an edge's version: its line differs between applications that use a package in the same way.
ALTER TABLE edges ADD COLUMN lock_line INTEGER;
