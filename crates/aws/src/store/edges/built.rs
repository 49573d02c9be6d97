use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::ApplicationId;
use downriver_domain::version::PackageId;
use downriver_engine::ports::{BuiltWrite, StoreError};

use super::super::item::s;
use super::super::keys;
use super::super::table::Table;
use super::super::write::Write;
use super::edge::{encode, pack_lines};
use super::{StoredEdges, read};

/// What sets built versions.
#[derive(Default)]
pub(in crate::store) struct BuiltWrites {
    /// One for each package. Each is conditional on the item being the one that was read: whoever registers meanwhile
    /// makes it a conflict.
    pub(in crate::store) writes: Vec<Write>,
    /// Where an item has an open mark, the head decides which of its edges are in force: it must still be the one that
    /// was read.
    pub(in crate::store) checks: Vec<Write>,
}

/// Edges that are gone, or say so already, need no write.
pub(in crate::store) async fn built_writes(
    table: &Table,
    built: &[BuiltWrite],
    name: &str,
) -> Result<BuiltWrites, StoreError> {
    let mut by_application: BTreeMap<&ApplicationId, BTreeMap<&PackageId, Vec<&BuiltWrite>>> =
        BTreeMap::new();
    for write in built {
        let of_application = by_application.entry(&write.application).or_default();
        of_application
            .entry(&write.package)
            .or_default()
            .push(write);
    }
    let mut result = BuiltWrites::default();
    for (application, by_package) in by_application {
        let packages: BTreeSet<PackageId> = by_package.keys().copied().cloned().collect();
        let read = read(table, application, Some(&packages)).await?;
        let mut is_marked = false;
        for (package, stored) in &read.edges {
            let Some(lines) = with_built(stored, &by_package[package])? else {
                continue;
            };
            is_marked |= stored.is_marked;
            let key = keys::edge(package, read.head.is_producer, application);
            let expression = format!("SET {} = :edges, w = :name", stored.attribute);
            result.writes.push(
                Write::update(key, expression)
                    .value(":edges", pack_lines(application, &lines)?)
                    .named("w", name)
                    .only_if("w = :read")
                    .value(":read", s(&stored.write)),
            );
        }
        if is_marked {
            let check = read.head.check(keys::edges_head(application));
            result.checks.push(check);
        }
    }
    Ok(result)
}

/// `None` if nothing changes.
fn with_built(stored: &StoredEdges, built: &[&BuiltWrite]) -> Result<Option<String>, StoreError> {
    let mut dependencies = stored.decode()?;
    for write in built {
        let instance = usize::try_from(write.instance).unwrap_or(usize::MAX);
        if let Some(dependency) = dependencies.get_mut(instance) {
            dependency.built = write.built.clone();
            dependency.built_as_of = Some(write.built_as_of);
            dependency.built_revision.clone_from(&write.built_revision);
        }
    }
    let lines = encode(&dependencies);
    Ok((lines != stored.lines).then_some(lines))
}
