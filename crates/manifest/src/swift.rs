//! Swift packages: `Package.resolved` (versions 1 to 3, beside the manifest or inside an Xcode project or workspace), and
//! what is written out in `Package.swift`.
//!
//! Only a registry's packages (`scope.name`) can stand in CodeArtifact; most packages come from git and are left out. The
//! lockfile does not say who needs whom: what the manifest does not ask for itself has no way that anybody tells.

mod manifest;
mod resolved;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use crate::files::{Files, join_path};
use crate::graph::{Graph, Node, Root};
use crate::reading::{FileSummary, Problem, Reading, Source};
use crate::text::decode;
use crate::texts::Texts;
use manifest::Declared;
use resolved::Pin;

const MANIFEST: &str = "Package.swift";
const LOCK: &str = "Package.resolved";
/// Where Xcode keeps it, inside `*.xcworkspace` and `*.xcodeproj/project.xcworkspace`.
const LOCK_OF_XCODE: &str = "xcshareddata/swiftpm/Package.resolved";

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let manifest = join_path(folder, MANIFEST).unwrap_or_default();
    let declared = read_manifest(&manifest, files, reading);
    let mut graph = Graph::new("");
    let mut pins = Vec::new();
    if let Some((path, bytes)) = find_lock(folder, files) {
        let read = decode(path, bytes).and_then(|text| resolved::parse(path, &text));
        match read {
            Ok((version, found)) => {
                reading.files.push(summary(path, version, &found));
                graph = Graph::new(path);
                pins = found;
            }
            Err(problem) => reading.problem(problem),
        }
    }
    let added = add_all(&mut graph, &manifest, declared.as_deref(), &pins);
    match added {
        Ok(()) => graph.into_reading(reading),
        Err(problem) => reading.problem(problem),
    }
}

/// `None` where there is no manifest that can be read.
fn read_manifest(path: &str, files: &Files<'_>, reading: &mut Reading) -> Option<Vec<Declared>> {
    let text = match decode(path, files.get(path)?) {
        Ok(text) => text,
        Err(problem) => {
            reading.problem(problem);
            return None;
        }
    };
    let declared = manifest::parse(&text);
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: MANIFEST.to_owned(),
        locked: Texts::default(),
        declared: declared.len(),
    });
    Some(declared)
}

/// The lockfile of the folder; of an Xcode workspace in it; of an Xcode project in it.
fn find_lock<'f, 'b>(folder: &str, files: &'f Files<'b>) -> Option<(&'f str, &'b [u8])> {
    let own = join_path(folder, LOCK)?;
    if let Some(found) = files.get_entry(&own) {
        return Some(found);
    }
    let find = |endings: &[&str]| {
        files.below(folder).find(|(path, _)| {
            let rest = path
                .strip_prefix(folder)
                .unwrap_or(path)
                .trim_start_matches('/');
            let inside = rest.strip_suffix(LOCK_OF_XCODE).unwrap_or_default();
            let mut parts = inside.trim_end_matches('/').split('/');
            let are_alike = endings
                .iter()
                .all(|ending| parts.next().is_some_and(|part| part.ends_with(ending)));
            are_alike && parts.next().is_none()
        })
    };
    find(&[".xcworkspace"]).or_else(|| find(&[".xcodeproj", "project.xcworkspace"]))
}

/// One node for each pin, and for what is declared but not pinned.
fn add_all<'a>(
    graph: &mut Graph<'a>,
    manifest: &str,
    declared: Option<&'a [Declared]>,
    pins: &'a [Pin],
) -> Result<(), Problem> {
    let mut nodes: BTreeMap<&str, usize> = BTreeMap::new();
    for pin in pins {
        let added = node(&pin.identity, pin.version.as_deref(), pin.source, pin.line);
        let node = graph.add(added)?;
        nodes.entry(&pin.identity).or_insert(node);
    }
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    for one in declared.unwrap_or_default() {
        let to = match nodes.get(one.identity.as_str()) {
            Some(node) => *node,
            None => graph.add(node(&one.identity, None, one.source, Some(one.line)))?,
        };
        asked.insert(to);
        graph.roots.push(Root {
            to,
            requirement: one.requirement.as_deref().map(Cow::Borrowed),
            scope: Scope::Runtime,
            evidence: Evidence {
                file: manifest.into(),
                line: Some(one.line),
            },
            is_direct: true,
        });
    }
    for to in (0..graph.nodes.len()).filter(|node| !asked.contains(node)) {
        graph.roots.push(Root {
            to,
            requirement: None,
            scope: Scope::Runtime,
            evidence: graph.evidence(graph.nodes[to].line),
            is_direct: false,
        });
    }
    Ok(())
}

/// A registry's identifier is `scope.name`.
fn node<'a>(
    identity: &'a str,
    version: Option<&'a str>,
    source: Source,
    line: Option<u32>,
) -> Node<'a> {
    let package = identity
        .split_once('.')
        .filter(|_| source == Source::Registry)
        .and_then(|(scope, name)| PackageId::new(Format::Swift, Some(scope), name).ok());
    Node {
        name: Cow::Borrowed(identity),
        package,
        version: version.map(Cow::Borrowed),
        source,
        line,
    }
}

/// Those from git are locked too, though no registry delivers them.
fn summary(path: &str, version: u32, pins: &[Pin]) -> FileSummary {
    FileSummary {
        path: path.to_owned(),
        format: format!("{LOCK} v{version}"),
        locked: pins
            .iter()
            .filter_map(|pin| Some(format!("{}@{}", pin.identity, pin.version.as_ref()?)))
            .collect(),
        declared: 0,
    }
}
