use std::collections::BTreeMap;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Dependency};
use downriver_engine::ports::{Registration, StoreError};

use super::super::edges::edge::{encode, pack_lines};
use super::super::edges::{Change, Head, Read};
use super::super::item::n;
use super::super::keys;
use super::super::write::Write;

/// What a registration changes about an application's edges.
pub(super) struct Diff {
    /// The next head.
    pub(super) head: Head,
    pub(super) changes: Vec<EdgeChange>,
    is_reordered: bool,
}

pub(super) struct EdgeChange {
    pub(super) package: PackageId,
    /// The role whose item this is about.
    pub(super) is_producer: bool,
    pub(super) change: Change,
    /// The new edges; none where they go.
    pub(super) lines: String,
}

impl Diff {
    /// No registration: the application is removed. Edges that stay as they are are not written.
    pub(super) fn between(before: &Read, registration: Option<&Registration>) -> Self {
        let generation = before.head.generation + 1;
        let was_producer = before.head.is_producer;
        let is_producer =
            registration.map_or(was_producer, |wanted| wanted.application.is_producer());
        let dependencies = registration.map_or(&[][..], |wanted| &wanted.dependencies);
        let mut left: BTreeMap<&PackageId, &str> = BTreeMap::new();
        for (package, stored) in &before.edges {
            left.insert(package, &stored.lines);
        }
        let (mut packages, mut changes) = (Vec::new(), Vec::new());
        for (package, lines) in by_package(dependencies) {
            let known = left.remove(&package);
            let standing = before.head.since(&package).filter(|_| {
                was_producer == is_producer && known.is_some_and(|known| known == lines)
            });
            packages.push((package.clone(), standing.unwrap_or(generation)));
            if standing.is_some() {
                continue;
            }
            let is_moved = known.is_some() && was_producer != is_producer;
            if is_moved {
                changes.push(EdgeChange::gone(package.clone(), was_producer));
            }
            changes.push(EdgeChange {
                package,
                is_producer,
                change: if known.is_some() && !is_moved {
                    Change::Replaced
                } else {
                    Change::New
                },
                lines,
            });
        }
        changes.extend(
            left.into_keys()
                .map(|package| EdgeChange::gone(package.clone(), was_producer)),
        );
        let is_reordered = packages != before.head.packages;
        let head = Head {
            generation,
            is_producer,
            ..Head::default()
        };
        Self {
            head: head.listing(packages),
            changes,
            is_reordered,
        }
    }

    pub(super) fn is_change(&self) -> bool {
        self.is_reordered || !self.changes.is_empty()
    }

    /// The writes of all edges, where they are one transaction with the head.
    pub(super) fn edge_writes(
        &self,
        application: &ApplicationId,
        name: &str,
    ) -> Result<Vec<Write>, StoreError> {
        let changes = self.changes.iter().map(|change| {
            let key = change.key(application);
            if change.change == Change::Gone {
                return Ok(Write::delete(key));
            }
            let edges = pack_lines(application, &change.lines)?;
            let attributes = [("e", edges), ("g", n(self.head.generation))];
            Ok(Write::put(key, attributes).named("w", name))
        });
        changes.collect()
    }
}

impl EdgeChange {
    fn gone(package: PackageId, is_producer: bool) -> Self {
        Self {
            package,
            is_producer,
            change: Change::Gone,
            lines: String::new(),
        }
    }

    pub(super) fn key(&self, application: &ApplicationId) -> super::super::item::Key {
        keys::edge(&self.package, self.is_producer, application)
    }
}

/// Instances of each package in the order in which they are listed; packages in the order of their first.
fn by_package(dependencies: &[Dependency]) -> Vec<(PackageId, String)> {
    let mut order: Vec<&PackageId> = Vec::new();
    let mut instances: BTreeMap<&PackageId, Vec<&Dependency>> = BTreeMap::new();
    for dependency in dependencies {
        let of_package = instances.entry(&dependency.package).or_default();
        if of_package.is_empty() {
            order.push(&dependency.package);
        }
        of_package.push(dependency);
    }
    let edges = order.into_iter().map(|package| {
        let lines = encode(instances.remove(package).unwrap_or_default());
        (package.clone(), lines)
    });
    edges.collect()
}
