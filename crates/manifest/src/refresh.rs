//! From changes to the package manager's own commands: what has to run in a build so that the lockfile moves.
//!
//! A command asks for the named packages only, stays inside what manifests require, writes the lockfile and nothing else
//! where the tool can do that, and is a list of arguments, never a line for a shell. Which tool it is follows from the
//! lockfile that holds the package.

mod commands;
mod compiled;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Evidence;
use downriver_version::{
    Format, PackageId, PackageVersionId, Requirement, RequirementKind, Version,
};

use crate::files::Files;
use crate::kind::FileKind;
use crate::kind::recognise;
use crate::reading::{FoundDependency, Reading};

/// What moves the lockfiles of one application to some changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefreshPlan {
    /// In the order in which they are to run.
    pub steps: Vec<RefreshStep>,
    /// Changes that no command brings in, and why.
    pub left: Vec<LeftChange>,
    /// Changes that need none: a plain build picks them, or they are locked already.
    pub settled: Vec<SettledChange>,
}

/// One command, to be run in one folder of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshStep {
    /// From the root of the source; empty for the root.
    pub folder: String,
    pub program: String,
    pub arguments: Vec<String>,
    /// The changes that it is for.
    pub changes: Vec<PackageVersionId>,
    /// The file that it rewrites.
    pub writes: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftChange {
    pub change: PackageVersionId,
    /// What stands in the way and what to do, in one sentence.
    pub reason: String,
    /// Where it stands in the way, if that is a place.
    pub at: Option<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledChange {
    pub change: PackageVersionId,
    pub reason: String,
}

impl RefreshStep {
    /// As people would type it.
    pub fn command_line(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// One lockfile, and what is to move in it.
struct Move<'r> {
    kind: FileKind,
    file: &'r str,
    /// With the instances that the lockfile holds.
    packages: BTreeMap<&'r PackageVersionId, Vec<&'r FoundDependency>>,
}

/// The commands that bring these changes into the lockfiles that were read.
pub fn plan_refresh(
    files: &Files<'_>,
    reading: &Reading,
    changes: &BTreeSet<PackageVersionId>,
) -> RefreshPlan {
    let mut plan = RefreshPlan::default();
    let mut moves: BTreeMap<&str, Move<'_>> = BTreeMap::new();
    for change in changes {
        let instances: Vec<&FoundDependency> = reading
            .dependencies
            .iter()
            .filter(|found| found.package == *change.package())
            .collect();
        match place(change, &instances) {
            Placed::Left { reason, at } => plan.left.push(LeftChange {
                change: change.clone(),
                reason,
                at,
            }),
            Placed::Settled(reason) => plan.settled.push(SettledChange {
                change: change.clone(),
                reason,
            }),
            Placed::In(held) => {
                for (file, kind, found) in held {
                    let entry = moves.entry(file).or_insert_with(|| Move {
                        kind,
                        file,
                        packages: BTreeMap::new(),
                    });
                    entry.packages.entry(change).or_default().push(found);
                }
            }
        }
    }
    for one in moves.into_values() {
        commands::add(files, &one, &mut plan);
    }
    plan
}

enum Placed<'r> {
    /// The files that hold it, with the instance each holds.
    In(Vec<(&'r str, FileKind, &'r FoundDependency)>),
    Settled(String),
    Left {
        reason: String,
        at: Option<Evidence>,
    },
}

/// What keeps a change out, if anything does.
fn place<'r>(change: &PackageVersionId, instances: &[&'r FoundDependency]) -> Placed<'r> {
    if instances.is_empty() {
        return Placed::Left {
            reason: format!("nothing here uses {}", change.package()),
            at: None,
        };
    }
    // A name such as `-g` would be an option to the tool.
    let name = native_name(change.package());
    if name.starts_with('-') || change.version().starts_with('-') {
        return Placed::Left {
            reason: format!("no tool takes the name `{name}`: update it by hand"),
            at: None,
        };
    }
    let admitting: Vec<&&FoundDependency> = instances
        .iter()
        .filter(|found| admits(found, change))
        .collect();
    let Some(first) = admitting.first() else {
        let found = instances[0];
        let requirement = found.requirement.as_deref().unwrap_or("?");
        let version = change.version();
        let reason = match found.via.last() {
            None => {
                format!("`{requirement}` does not admit {version}: change the requirement first")
            }
            Some(by) => format!(
                "`{requirement}` of {} does not admit {version}: another version of that has to ask for it",
                native_name(by)
            ),
        };
        return Placed::Left {
            reason,
            at: Some(found.evidence.clone()),
        };
    };
    let held: Vec<_> = admitting
        .iter()
        .filter(|found| found.locked.as_deref() != Some(change.version()))
        .filter_map(|found| {
            let file = holder(found)?;
            Some((file, recognise(file)?, **found))
        })
        .collect();
    if held.is_empty() {
        let is_locked = first.locked.as_deref() == Some(change.version());
        let reason = if is_locked {
            "the lockfile holds it already".to_owned()
        } else {
            "nothing locks it: a plain build resolves it anew".to_owned()
        };
        return Placed::Settled(reason);
    }
    Placed::In(held)
}

/// The file whose change moves a package: the lockfile, or the manifest where that alone pins it (Maven).
fn holder(found: &FoundDependency) -> Option<&str> {
    if let Some(lock) = &found.lock {
        return Some(&lock.file);
    }
    let is_pinned = found.package.format() == Format::Maven
        && found.requirement.as_deref().is_some_and(is_soft_pin);
    is_pinned.then_some(&*found.evidence.file)
}

fn is_soft_pin(requirement: &str) -> bool {
    Requirement::parse(Format::Maven, requirement)
        .is_ok_and(|requirement| matches!(requirement.kind(), RequirementKind::SoftPin))
}

/// Where no file tells the requirement the tool will see for itself.
fn admits(found: &FoundDependency, change: &PackageVersionId) -> bool {
    let format = found.package.format();
    let Some(requirement) = &found.requirement else {
        return true;
    };
    let (Ok(requirement), Ok(version)) = (
        Requirement::parse(format, requirement),
        Version::parse(format, change.version()),
    ) else {
        return true;
    };
    matches!(
        requirement.kind(),
        RequirementKind::Tag(_) | RequirementKind::SoftPin
    ) || requirement.admits_with_prereleases(&version)
}

/// A package as its own tool names it.
pub(crate) fn native_name(package: &PackageId) -> String {
    let name = package.name();
    match (package.format(), package.namespace()) {
        (_, None) => name.to_owned(),
        (Format::Npm, Some(scope)) => format!("@{scope}/{name}"),
        (Format::Maven, Some(group)) => format!("{group}:{name}"),
        (Format::Swift, Some(scope)) => format!("{scope}.{name}"),
        (_, Some(namespace)) => format!("{namespace}/{name}"),
    }
}

/// A word as a POSIX shell would have to be given it.
fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(&byte));
    if is_plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
