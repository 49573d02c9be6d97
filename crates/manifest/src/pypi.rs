//! Python: requirements files, pyproject.toml, and the lockfiles of Poetry, Pipenv, uv, PDM and the standard's own.
//!
//! A project may have several at once: `pyproject.toml` with one lockfile that its tool writes, requirements files that were
//! exported from it, a `Pipfile` left from before. The tool's own lockfile knows best; what the others tell of the same
//! packages is not counted again.

mod constraint;
mod declared;
mod lock;
mod merge;
mod name;
mod pdm_lock;
mod pipfile;
mod poetry_lock;
mod project;
mod pylock;
mod pyproject;
mod requirements;
mod toml;
mod uv_lock;

use crate::files::{Files, join_path};
use crate::pypi::declared::Declared;
use crate::pypi::lock::{Rest, unlocked};
use crate::pypi::merge::{Known, merge};
use crate::pypi::project::Told;
use crate::pypi::pyproject::Manifest;
use crate::pypi::requirements::Sheets;
use crate::reading::{FileSummary, Reading};
use crate::text::decode;
use crate::texts::Texts;

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let manifest = load_manifest(folder, files, reading);
    let named = manifest
        .as_ref()
        .map_or(&[][..], |manifest| &manifest.requirements);
    let sheets = Sheets::load(folder, files, named, reading);
    let told = project::read(folder, files, manifest.as_ref(), &sheets, reading);
    let is_pipenv_locked = read_pipenv(folder, files, reading);
    let is_locked = told != Told::Nothing || is_pipenv_locked;
    let known = if is_locked { Known::First } else { Known::Both };
    requirements::read(&sheets, manifest.as_ref(), known, reading);
    let manifests = match told {
        Told::All => Vec::new(),
        Told::Some => manifest.into_iter().collect(),
        Told::Nothing => project::members(folder, files, manifest, reading),
    };
    for manifest in manifests {
        declare(&manifest.path, &manifest.declared, reading);
    }
}

fn load_manifest(folder: &str, files: &Files<'_>, reading: &mut Reading) -> Option<Manifest> {
    let path = join_path(folder, "pyproject.toml")?;
    let (path, bytes) = files.get_entry(&path)?;
    match decode(path, bytes) {
        Ok(text) => pyproject::read(path, &text, reading),
        Err(problem) => {
            reading.problem(problem);
            None
        }
    }
}

/// What a manifest asks for and nothing locks. What lockfiles and requirements files told of the same packages stands.
fn declare(path: &str, declared: &[Declared], reading: &mut Reading) {
    let mut part = Reading::default();
    match unlocked(path, declared) {
        Ok(graph) => graph.into_reading(&mut part),
        Err(problem) => part.problem(problem),
    }
    merge(reading, part, Known::First);
}

/// Whether there is a lockfile that could be read.
fn read_pipenv(folder: &str, files: &Files<'_>, reading: &mut Reading) -> bool {
    let entry = |name| files.get_entry(&join_path(folder, name)?);
    let declared = entry("Pipfile").and_then(|(path, bytes)| {
        let read = decode(path, bytes).and_then(|text| pipfile::read_manifest(path, &text));
        let (declared, problems) = match read {
            Ok((declared, problems)) => (Some(declared), problems),
            Err(problem) => (None, vec![problem]),
        };
        for problem in problems {
            reading.problem(problem);
        }
        let declared = declared?;
        reading.files.push(FileSummary {
            path: path.to_owned(),
            format: "Pipfile".to_owned(),
            locked: Texts::default(),
            declared: declared.len(),
        });
        Some((path, declared))
    });
    let wanted = declared.as_ref().map_or(&[][..], |(_, declared)| declared);
    if let Some((path, bytes)) = entry("Pipfile.lock") {
        let rest = if declared.is_some() {
            Rest::Own
        } else {
            Rest::Supposed
        };
        let read = decode(path, bytes).and_then(|text| {
            let lock = pipfile::read_lock(path, &text)?;
            let summary = lock.summary();
            let mut part = Reading::default();
            lock.join(wanted, rest)?.into_reading(&mut part);
            part.files.push(summary);
            Ok(part)
        });
        match read {
            Ok(part) => {
                merge(reading, part, Known::First);
                return true;
            }
            Err(problem) => reading.problem(problem),
        }
    }
    if let Some((path, declared)) = &declared {
        declare(path, declared, reading);
    }
    false
}
