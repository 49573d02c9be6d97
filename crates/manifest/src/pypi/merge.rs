//! Several files that tell of the same packages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downriver_version::{Format, PackageId};

use crate::reading::{FoundDependency, Reading};

/// What to make of a package that the reading has already in another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Both are there: for different purposes, or on different platforms.
    Both,
    /// What came first knows better: the rest is an export of it, or stale.
    First,
}

/// Adds a part. The same package in the same version is one dependency, in the scopes of both.
pub(super) fn merge(reading: &mut Reading, part: Reading, known: Known) {
    let mut at: BTreeMap<Key, usize> = BTreeMap::new();
    let mut before: BTreeSet<PackageId> = BTreeSet::new();
    for (index, found) in reading.dependencies.iter().enumerate() {
        if found.package.format() == Format::Pypi {
            at.insert(key(found), index);
            before.insert(found.package.clone());
        }
    }
    for found in part.dependencies {
        let key = key(&found);
        if let Some(same) = at.get(&key) {
            reading.dependencies[*same].scopes |= found.scopes;
        } else if known == Known::Both || !before.contains(&found.package) {
            at.insert(key, reading.dependencies.len());
            reading.dependencies.push(found);
        }
    }
    let mut left_out: BTreeSet<_> = reading
        .left_out
        .iter()
        .map(|other| (other.name.clone(), other.version.clone(), other.source))
        .collect();
    for other in part.left_out {
        if left_out.insert((other.name.clone(), other.version.clone(), other.source)) {
            reading.left_out.push(other);
        }
    }
    reading.files.extend(part.files);
    reading.products.extend(part.products);
    for problem in part.problems {
        reading.problem(problem);
    }
}

type Key = (PackageId, Option<Arc<str>>, Option<String>);

/// The version makes an instance; where nothing locks one, the requirement does.
fn key(found: &FoundDependency) -> Key {
    let requirement = found.requirement.clone().filter(|_| found.locked.is_none());
    (found.package.clone(), found.locked.clone(), requirement)
}
