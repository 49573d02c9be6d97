//! Edges: one small item for each application and package, in the package's partition, with all its instances.
//!
//! An application's *head* lists its packages, each with the generation of the registration that its edges stand from.
//! So a reader who has the head knows of every edge item whether it is the one that belongs to it, and reads again if it
//! is not: edges of two registrations are never mixed, whatever was read when. A registration too large for one
//! transaction first *marks*: it writes the next edges beside the standing ones, then replaces the head, then settles
//! the marks. Only an item with an open mark makes a reader of dependents look at a head.

mod built;
mod dependents;
pub(super) mod edge;
mod head;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Dependency, Edge};
use downriver_engine::ports::StoreError;

pub(super) use self::built::built_writes;
pub(super) use self::dependents::{count_dependents, load_dependents};
pub(super) use self::edge::StoredEdges;
pub(super) use self::head::{Change, Head, Pending};
use super::item::{Item, Key};
use super::keys;
use super::table::{ACTIONS_MAX, Table};

/// Tries to read edges and head of one registration.
pub(super) const READ_TRIES_MAX: u32 = 6;

/// The edges of some packages of one application, all of one registration.
pub(super) struct Read {
    pub(super) head: Head,
    /// In the order asked for, or of the registration.
    pub(super) edges: Vec<(PackageId, StoredEdges)>,
}

pub(super) async fn load_dependencies(
    table: &Table,
    application: &ApplicationId,
) -> Result<Vec<Dependency>, StoreError> {
    let read = read(table, application, None).await?;
    let mut dependencies = Vec::new();
    for (_, stored) in &read.edges {
        dependencies.extend(stored.decode()?);
    }
    Ok(dependencies)
}

pub(super) async fn load_edges(
    table: &Table,
    application: &ApplicationId,
    packages: &BTreeSet<PackageId>,
) -> Result<Vec<Edge>, StoreError> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let read = read(table, application, Some(packages)).await?;
    let mut edges = Vec::new();
    for (_, stored) in &read.edges {
        edges.extend(stored.edges(application, read.head.is_producer)?);
    }
    Ok(edges)
}

/// All edges of an application, or those to some packages.
pub(super) async fn read(
    table: &Table,
    application: &ApplicationId,
    packages: Option<&BTreeSet<PackageId>>,
) -> Result<Read, StoreError> {
    for tried in 0..READ_TRIES_MAX {
        if tried > 0 {
            table.back_off(tried).await;
        }
        if let Some(read) = try_read(table, application, packages).await? {
            return Ok(read);
        }
    }
    Err(StoreError::Transient(format!(
        "the dependencies of `{application}` were replaced each time they were read"
    )))
}

/// `None` if the application was registered anew in between.
async fn try_read(
    table: &Table,
    application: &ApplicationId,
    packages: Option<&BTreeSet<PackageId>>,
) -> Result<Option<Read>, StoreError> {
    let head_key = keys::edges_head(application);
    let (head, items) = match packages {
        // Both roles of each, so that one call reads everything.
        Some(packages) if 2 * packages.len() < ACTIONS_MAX => {
            let roles = [true, false];
            let edges = packages.iter().flat_map(|package| {
                roles.map(|is_producer| keys::edge(package, is_producer, application))
            });
            let keys: BTreeSet<Key> = edges.chain([head_key.clone()]).collect();
            let items = table.get_all(keys).await?;
            (Head::of(items.get(&head_key))?, Some(items))
        }
        _ => (Head::of(table.get(&head_key).await?.as_ref())?, None),
    };
    let Some(packages) = packages else {
        return read_listed(table, application, head).await;
    };
    let known = |package: &&PackageId| head.since(package).is_some();
    let asked: Vec<PackageId> = packages.iter().filter(known).cloned().collect();
    let items = match items {
        Some(items) => items,
        None => load_items(table, application, &head, &asked).await?,
    };
    let edges = pick(application, &head, asked, &items)?;
    Ok(edges.map(|edges| Read { head, edges }))
}

/// All edges that a head lists; `None` if it has been replaced meanwhile.
pub(super) async fn read_listed(
    table: &Table,
    application: &ApplicationId,
    head: Head,
) -> Result<Option<Read>, StoreError> {
    let listed = head.packages.iter();
    let asked: Vec<PackageId> = listed.map(|(package, _)| package.clone()).collect();
    let items = load_items(table, application, &head, &asked).await?;
    let edges = pick(application, &head, asked, &items)?;
    Ok(edges.map(|edges| Read { head, edges }))
}

async fn load_items(
    table: &Table,
    application: &ApplicationId,
    head: &Head,
    packages: &[PackageId],
) -> Result<BTreeMap<Key, Item>, StoreError> {
    let edge = |package| keys::edge(package, head.is_producer, application);
    table.get_all(packages.iter().map(edge).collect()).await
}

fn pick(
    application: &ApplicationId,
    head: &Head,
    asked: Vec<PackageId>,
    items: &BTreeMap<Key, Item>,
) -> Result<Option<Vec<(PackageId, StoredEdges)>>, StoreError> {
    let mut edges = Vec::with_capacity(asked.len());
    for package in asked {
        let since = head.since(&package);
        let item = items.get(&keys::edge(&package, head.is_producer, application));
        let stored = match (item, since) {
            (Some(item), Some(since)) => StoredEdges::of_generation(item, since)?,
            _ => None,
        };
        let Some(stored) = stored else {
            return Ok(None);
        };
        edges.push((package, stored));
    }
    Ok(Some(edges))
}
