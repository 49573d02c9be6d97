//! The project that `pyproject.toml` describes: its lockfile, and the workspace that it is in.

use std::collections::BTreeSet;

use downriver_domain::Scope;

use crate::files::{Files, folder_of, join_path};
use crate::graph::Graph;
use crate::kind::{FileKind, recognise};
use crate::pypi::declared::Declared;
use crate::pypi::lock::{Lock, Rest};
use crate::pypi::merge::{Known, merge};
use crate::pypi::name::scope_of_file;
use crate::pypi::pyproject::Manifest;
use crate::pypi::requirements::{Sheets, sources_in_header};
use crate::pypi::{load_manifest, pdm_lock, poetry_lock, pylock, uv_lock};
use crate::reading::{Problem, Reading};
use crate::text::decode;

/// What lockfiles tell of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    /// The standard's lockfile holds what one installation needs: perhaps not all extras and groups.
    Some,
    All,
}

/// Reads the project's lockfiles. The first one counts in the order uv, Poetry, PDM, standard; of others that stand beside
/// it only what they lock is told.
pub(super) fn read(
    folder: &str,
    files: &Files<'_>,
    manifest: Option<&Manifest>,
    sheets: &Sheets,
    reading: &mut Reading,
) -> Told {
    let mut is_locked = read_uv(folder, files, manifest, reading);
    for (name, read) in [
        ("poetry.lock", poetry_lock::read as ReadLock),
        ("pdm.lock", pdm_lock::read),
    ] {
        let path = join_path(folder, name).unwrap_or_default();
        let Some((path, bytes)) = files.get_entry(&path) else {
            continue;
        };
        let declared = manifest.map_or(&[][..], |manifest| &manifest.declared);
        let join = |lock: Lock<'_>, reading: &mut Reading| {
            let rest = if asks_for_something(declared) {
                Rest::Own
            } else {
                Rest::Supposed
            };
            into_reading(lock.join(declared, rest), reading)
        };
        is_locked |= read_lock(path, bytes, read, !is_locked, join, reading);
    }
    let mut told = if is_locked { Told::All } else { Told::Nothing };
    let pylocks: Vec<(&str, &[u8])> = files
        .below(folder)
        .filter(|(path, _)| folder_of(path) == folder && recognise(path) == Some(FileKind::Pylock))
        .collect();
    for (path, bytes) in pylocks {
        if read_pylock(path, bytes, !is_locked, manifest, sheets, reading) {
            told = Told::Some;
        }
    }
    told
}

type ReadLock = for<'a> fn(&'a str, &'a str) -> Result<Lock<'a>, Problem>;

/// Reads one lockfile; if `counts`, `join` adds what it tells. Whether it did.
fn read_lock(
    path: &str,
    bytes: &[u8],
    read: ReadLock,
    counts: bool,
    join: impl FnOnce(Lock<'_>, &mut Reading) -> bool,
    reading: &mut Reading,
) -> bool {
    let text = match decode(path, bytes) {
        Ok(text) => text,
        Err(problem) => {
            reading.problem(problem);
            return false;
        }
    };
    match read(path, &text) {
        Ok(lock) => {
            reading.files.push(lock.summary());
            counts && join(lock, reading)
        }
        Err(problem) => {
            reading.problem(problem);
            false
        }
    }
}

fn into_reading(graph: Result<Graph<'_>, Problem>, reading: &mut Reading) -> bool {
    match graph {
        Ok(graph) => {
            let mut part = Reading::default();
            graph.into_reading(&mut part);
            merge(reading, part, Known::Both);
            true
        }
        Err(problem) => {
            reading.problem(problem);
            false
        }
    }
}

/// A manifest that is there for the settings of tools alone says nothing of what the lockfile is for.
fn asks_for_something(declared: &[Declared]) -> bool {
    declared
        .iter()
        .any(|declared| declared.scope != Scope::Build)
}

fn read_pylock(
    path: &str,
    bytes: &[u8],
    counts: bool,
    manifest: Option<&Manifest>,
    sheets: &Sheets,
    reading: &mut Reading,
) -> bool {
    let named = match decode(path, bytes) {
        Ok(text) => sources_in_header(&text),
        Err(_) => Vec::new(),
    };
    let mut declared = sheets.declared_by(&named, path);
    if declared.is_empty() {
        declared.extend(
            manifest
                .into_iter()
                .flat_map(|manifest| manifest.declared.iter().cloned()),
        );
    }
    let join = |mut lock: Lock<'_>, reading: &mut Reading| {
        // One of several lockfiles holds some of the extras and groups.
        let names: BTreeSet<&str> = lock.packages.iter().map(|package| &*package.name).collect();
        declared.retain(|declared| {
            declared.scope == Scope::Build || names.contains(declared.name.as_str())
        });
        let rest = if asks_for_something(&declared) {
            Rest::Own
        } else {
            Rest::Supposed
        };
        for package in &mut lock.packages {
            package.scope.get_or_insert(scope_of_file(path));
        }
        into_reading(lock.join(&declared, rest), reading)
    };
    read_lock(path, bytes, pylock::read, counts, join, reading)
}

/// The lockfile of uv's workspace stands in the folder of the project, or above it.
fn read_uv(
    folder: &str,
    files: &Files<'_>,
    manifest: Option<&Manifest>,
    reading: &mut Reading,
) -> bool {
    let Some((path, bytes)) = files.nearest(folder, &["uv.lock"]) else {
        return false;
    };
    let is_root = folder_of(path) == folder;
    if !is_root && manifest.is_none() {
        return false;
    }
    let text = match decode(path, bytes) {
        Ok(text) => text,
        Err(problem) => {
            reading.problem(problem);
            return false;
        }
    };
    let mut uv = match uv_lock::read(path, &text) {
        Ok(uv) => uv,
        Err(problem) => {
            reading.problem(problem);
            return false;
        }
    };
    // A lockfile above is of a workspace that this folder is in, or nothing to it.
    uv.members
        .retain(|member| is_root || member.folder == folder);
    if uv.members.is_empty() && !is_root {
        return false;
    }
    reading.files.push(uv.lock.summary());
    let rest = if uv.members.is_empty() {
        Rest::Supposed
    } else {
        Rest::Others
    };
    let mut declared = Vec::new();
    for member in uv.members {
        if let Some(manifest) = manifest.filter(|_| member.folder == folder) {
            declared.extend(declared_by(manifest, member.declared));
        } else if let Some(manifest) = load_manifest(&member.folder, files, reading) {
            declared.extend(declared_by(&manifest, member.declared));
        } else {
            declared.extend(member.declared);
        }
    }
    into_reading(uv.lock.join(&declared, rest), reading)
}

/// What a manifest declares, with its lines; what the build adds to it, only the lockfile knows.
fn declared_by(manifest: &Manifest, locked: Vec<Declared>) -> Vec<Declared> {
    let mut declared = manifest.declared.clone();
    if manifest.is_dynamic {
        let known: BTreeSet<(&str, Scope)> = manifest
            .declared
            .iter()
            .map(|declared| (declared.name.as_str(), declared.scope))
            .collect();
        let added = locked
            .into_iter()
            .filter(|declared| !known.contains(&(declared.name.as_str(), declared.scope)));
        declared.extend(added);
    }
    declared
}

/// The project's manifest and those of the members of its workspace, which have no lockfile.
pub(super) fn members(
    folder: &str,
    files: &Files<'_>,
    manifest: Option<Manifest>,
    reading: &mut Reading,
) -> Vec<Manifest> {
    let Some(manifest) = manifest else {
        return Vec::new();
    };
    let patterns = |patterns: &[String]| -> Vec<String> {
        patterns
            .iter()
            .filter_map(|pattern| join_path(folder, pattern))
            .collect()
    };
    let (included, excluded) = (patterns(&manifest.members), patterns(&manifest.excluded));
    let is_one = |path: &str| {
        let member = folder_of(path);
        path.ends_with("pyproject.toml")
            && member != folder
            && included.iter().any(|pattern| matches(pattern, member))
            && !excluded.iter().any(|pattern| matches(pattern, member))
    };
    let mut found = vec![manifest];
    if included.is_empty() {
        return found;
    }
    let folders: Vec<&str> = files
        .below(folder)
        .filter(|(path, _)| is_one(path))
        .map(|(path, _)| folder_of(path))
        .collect();
    found.extend(
        folders
            .into_iter()
            .filter_map(|member| load_manifest(member, files, reading)),
    );
    found
}

/// Whether a pattern of folders matches: `*` and `?` within a name, `**` for any folders.
fn matches(pattern: &str, folder: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let folder: Vec<&str> = folder.split('/').collect();
    // Row by row, so that many stars cost no more than names times patterns.
    let mut reached = vec![false; folder.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; folder.len() + 1];
        for at in 0..=folder.len() {
            next[at] = match part {
                "**" => reached[at] || (at > 0 && next[at - 1]),
                part => {
                    at > 0
                        && reached[at - 1]
                        && matches_name(part.as_bytes(), folder[at - 1].as_bytes())
                }
            };
        }
        reached = next;
    }
    reached[folder.len()]
}

fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for letter in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            next[at] = match letter {
                b'*' => reached[at] || (at > 0 && next[at - 1]),
                b'?' => at > 0 && reached[at - 1],
                letter => at > 0 && reached[at - 1] && name[at - 1] == *letter,
            };
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests;
