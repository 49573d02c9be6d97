//! Texts that stand in millions of rows, stored once and referred to by number; and what is remembered of them.
//!
//! A *shape* is a dependency as the engine stores it, without what differs between applications that use the package in
//! the same way: built version and lines. Those stand in the edge's own columns, so that an edge takes some 40 bytes,
//! and a page of dependents parses few texts. Numbers are never reused once committed, and rows never change; all that
//! is remembered is forgotten when a transaction is rolled back.

use std::collections::HashMap;
use std::sync::Arc;

use downriver_domain::version::PackageId;
use downriver_domain::{Built, Dependency, Topology};
use downriver_engine::wire::stored::key::package_key;
use downriver_engine::wire::stored::{decode_dependency, encode_dependency};
use rusqlite::{Connection, OptionalExtension};

use super::error::Failure;

/// Entries of each map before it is emptied.
const REMEMBERED_MAX: usize = 100_000;

/// Numbers known to stand in the file.
#[derive(Debug, Default)]
pub(super) struct Interned {
    packages: HashMap<PackageId, i64>,
    shapes: HashMap<String, i64>,
    dependencies: HashMap<i64, Dependency>,
    /// The topology by its revision, the largest of the records that every message reads.
    pub(super) topology: Option<(i64, Arc<Topology>)>,
}

impl Interned {
    pub(super) fn clear(&mut self) {
        self.packages.clear();
        self.shapes.clear();
        self.dependencies.clear();
        self.topology = None;
    }

    /// The number of a package, if it was ever stored.
    pub(super) fn find_package(
        &mut self,
        connection: &Connection,
        package: &PackageId,
    ) -> Result<Option<i64>, Failure> {
        if let Some(id) = self.packages.get(package) {
            return Ok(Some(*id));
        }
        let found = connection
            .prepare_cached("SELECT id FROM packages WHERE key = ?1")?
            .query_row([package_key(package)], |row| row.get(0))
            .optional()?;
        if let Some(id) = found {
            remember(&mut self.packages, package.clone(), id);
        }
        Ok(found)
    }

    /// The number of a package, which is stored if it was not yet.
    pub(super) fn intern_package(
        &mut self,
        connection: &Connection,
        package: &PackageId,
    ) -> Result<i64, Failure> {
        if let Some(id) = self.find_package(connection, package)? {
            return Ok(id);
        }
        connection
            .prepare_cached("INSERT INTO packages (key) VALUES (?1)")?
            .execute([package_key(package)])?;
        let id = connection.last_insert_rowid();
        remember(&mut self.packages, package.clone(), id);
        Ok(id)
    }

    /// The number of a dependency's shape, which is stored if it was not yet.
    pub(super) fn intern_shape(
        &mut self,
        connection: &Connection,
        dependency: &Dependency,
    ) -> Result<i64, Failure> {
        let body = encode_dependency(&shape_of(dependency));
        if let Some(id) = self.shapes.get(&body) {
            return Ok(*id);
        }
        let found = connection
            .prepare_cached("SELECT id FROM shapes WHERE body = ?1")?
            .query_row([&body], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = found {
            id
        } else {
            connection
                .prepare_cached("INSERT INTO shapes (body) VALUES (?1)")?
                .execute([&body])?;
            connection.last_insert_rowid()
        };
        remember(&mut self.shapes, body, id);
        Ok(id)
    }

    /// A dependency of this shape, its built version unknown and without lines.
    pub(super) fn load_shape(
        &mut self,
        connection: &Connection,
        id: i64,
    ) -> Result<Dependency, Failure> {
        if let Some(dependency) = self.dependencies.get(&id) {
            return Ok(dependency.clone());
        }
        let body: String = connection
            .prepare_cached("SELECT body FROM shapes WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?;
        let dependency = decode_dependency(&body)?;
        remember(&mut self.dependencies, id, dependency.clone());
        Ok(dependency)
    }
}

fn shape_of(dependency: &Dependency) -> Dependency {
    let mut shape = dependency.clone();
    shape.built = Built::Unknown;
    shape.built_as_of = None;
    shape.built_revision = None;
    shape.evidence.line = None;
    if let Some(lock) = &mut shape.lock {
        lock.line = None;
    }
    shape
}

fn remember<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, key: K, value: V) {
    if map.len() >= REMEMBERED_MAX {
        map.clear();
    }
    map.insert(key, value);
}
