//! A project's lockfiles, joined with what its scripts ask for.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Evidence;

use super::Scripts;
use super::lock::{self, Lock, Locked};
use crate::files::{Files, folder_of};
use crate::graph::{Graph, Node, Root};
use crate::kind::{FileKind, recognise};
use crate::maven::declared::{Declared, package_of};
use crate::reading::{FileSummary, Problem, Reading, Source};
use crate::text::decode;

/// Lockfiles by the folder of their project.
pub(super) type Locks<'f> = BTreeMap<String, Vec<(&'f str, &'f [u8])>>;

pub(super) fn by_project<'f>(files: &'f Files<'_>) -> Locks<'f> {
    let mut locks = Locks::new();
    for (path, bytes) in files
        .iter()
        .filter(|(path, _)| recognise(path) == Some(FileKind::GradleLock))
    {
        let folder = folder_of(path);
        let folder = if lock::is_per_configuration(path) {
            folder_of(folder_of(folder))
        } else {
            folder
        };
        locks
            .entry(folder.to_owned())
            .or_default()
            .push((path, bytes));
    }
    locks
}

/// Reads the lockfiles of a project; what they hold is taken out of what the scripts declare.
pub(super) fn read(locks: &[(&str, &[u8])], scripts: &mut Scripts, reading: &mut Reading) {
    let mut held = BTreeSet::new();
    for (path, bytes) in locks {
        if let Err(problem) = join(path, bytes, scripts, &mut held, reading) {
            reading.problem(problem);
        }
    }
    scripts.declared.retain(|one| !held.contains(&one.name));
}

fn join(
    path: &str,
    bytes: &[u8],
    scripts: &Scripts,
    held: &mut BTreeSet<String>,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let text = decode(path, bytes)?;
    let Lock { entries, problems } = lock::read(path, &text)?;
    for problem in problems {
        reading.problem(problem);
    }
    let mut by_name: BTreeMap<&str, Vec<&Declared>> = BTreeMap::new();
    for one in &scripts.declared {
        by_name.entry(&one.name).or_default().push(one);
    }
    let mut graph = Graph::new(path);
    for entry in &entries {
        let to = graph.add(Node {
            name: entry.name.into(),
            package: package_of(entry.name),
            version: Some(entry.version.into()),
            source: Source::Registry,
            line: Some(entry.line),
        })?;
        let asked = by_name.get(entry.name).and_then(|all| best(all));
        graph.roots.push(root(path, entry, to, asked, scripts));
        if asked.is_some() {
            held.insert(entry.name.to_owned());
        }
    }
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: if lock::is_per_configuration(path) {
            "dependency-locks/*.lockfile"
        } else {
            "gradle.lockfile"
        }
        .to_owned(),
        locked: graph.locked(),
        declared: 0,
    });
    graph.into_reading(reading);
    Ok(())
}

/// Of several that ask for the same, one that says which version.
fn best<'d>(all: &[&'d Declared]) -> Option<&'d Declared> {
    all.iter()
        .find(|one| one.requirement.is_some())
        .or(all.first())
        .copied()
}

/// A lockfile does not say who asks. What the scripts do not name came with something else; where they name nothing at
/// all, everything counts as asked for.
fn root<'a>(
    path: &str,
    entry: &Locked<'_>,
    to: usize,
    asked: Option<&Declared>,
    scripts: &Scripts,
) -> Root<'a> {
    let here = Evidence {
        file: path.into(),
        line: Some(entry.line),
    };
    let (requirement, evidence) = match (asked, scripts.constraints.get(entry.name)) {
        (Some(asked), _) => (asked.requirement.clone(), asked.evidence.clone()),
        (None, Some((version, evidence))) => (Some(version.clone()), evidence.clone()),
        (None, None) => (None, here),
    };
    Root {
        to,
        requirement: requirement.map(Into::into),
        scope: entry.scope,
        evidence,
        is_direct: asked.is_some() || scripts.is_alone,
    }
}
