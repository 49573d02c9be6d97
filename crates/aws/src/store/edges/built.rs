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

/// The writes that set built versions, one for each package. Edges that are gone, or say so already, need none. Each is
/// conditional on the item being the one that was read: whoever registers meanwhile makes it a conflict.
pub(in crate::store) async fn built_writes(
    table: &Table,
    built: &[BuiltWrite],
    name: &str,
) -> Result<Vec<Write>, StoreError> {
    let mut by_application: BTreeMap<&ApplicationId, BTreeMap<&PackageId, Vec<&BuiltWrite>>> =
        BTreeMap::new();
    for write in built {
        let of_application = by_application.entry(&write.application).or_default();
        of_application
            .entry(&write.package)
            .or_default()
            .push(write);
    }
    let mut writes = Vec::new();
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
            writes.push(
                Write::update(key, expression)
                    .value(":edges", pack_lines(application, &lines)?)
                    .named("w", name)
                    .only_if("w = :read")
                    .value(":read", s(&stored.write)),
            );
        }
        if is_marked {
            // Which of two edges is in force is decided by the head.
            writes.push(read.head.check(keys::edges_head(application)));
        }
    }
    Ok(writes)
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
