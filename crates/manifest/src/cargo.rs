//! Cargo: `Cargo.toml` and `Cargo.lock`.
//!
//! A lock names versions and who pulls in whom, but no requirement: those of the application's own packages are joined
//! from their manifests ([`join`]), those of everybody else nobody tells. Which packages are the application's own is the
//! workspace's affair ([`workspace`]).

mod glob;
mod join;
mod lock;
mod manifest;
#[cfg(test)]
mod tests;
mod workspace;

use std::borrow::Cow;

use downriver_version::{Format, PackageId};

use crate::files::{Files, join_path};
use crate::lines::Lines;
use crate::reading::{FileSummary, Problem, Product, Reading};
use crate::text::decode;
use lock::Lock;
use workspace::Project;

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let stands_here =
        |name: &str| join_path(folder, name).is_some_and(|path| files.get(&path).is_some());
    if !stands_here(MANIFEST) && !stands_here(LOCK) {
        return;
    }
    let mut project = Project::new(files);
    project.find(folder, reading);
    add_products(&project, reading);
    // The workspace's; one that lies elsewhere is better than none.
    let folders = [project.root(), folder];
    let at_folder = folders
        .iter()
        .filter_map(|folder| join_path(folder, LOCK))
        .find_map(|path| files.get_entry(&path));
    let Some((path, bytes)) = at_folder.or_else(|| files.nearest(folder, &[LOCK])) else {
        join::without_lock(&project, reading);
        return;
    };
    let text = match decode(path, bytes) {
        Ok(text) => text,
        Err(problem) => {
            reading.problem(problem);
            Cow::Borrowed("")
        }
    };
    match lock::parse(path, &text) {
        Ok(lock) => {
            reading.files.push(summary(path, &lock));
            if let Err(problem) = join::with_lock(&project, path, lock, reading) {
                reading.problem(problem);
            }
        }
        Err(problem) => {
            reading.problem(problem);
            join::without_lock(&project, reading);
        }
    }
}

fn summary(path: &str, lock: &Lock<'_>) -> FileSummary {
    FileSummary {
        path: path.to_owned(),
        format: format!("Cargo.lock v{}", lock.version),
        locked: lock.locked(),
        declared: 0,
    }
}

fn add_products(project: &Project<'_>, reading: &mut Reading) {
    for manifest in project.own() {
        let Some(package) = &manifest.package else {
            continue;
        };
        let Ok(id) = PackageId::new(Format::Cargo, None, &package.name) else {
            continue;
        };
        let shared = project.workspace_of(manifest);
        let version = package
            .version
            .or_inherited(shared.and_then(|shared| shared.version.as_ref()));
        let publish = package
            .publish
            .or_inherited(shared.and_then(|shared| shared.publish.as_ref()));
        reading.products.push(Product {
            package: id,
            // Cargo publishes nothing that has no version, and then does not ask for `publish = false`.
            is_private: !publish.unwrap_or(true) || version.is_none(),
            version,
            evidence: downriver_domain::Evidence {
                file: manifest.path.as_str().into(),
                line: Some(package.line),
            },
        });
    }
}

fn toml_problem(path: &str, lines: &Lines<'_>, error: &toml::de::Error) -> Problem {
    let line = error.span().map(|span| lines.at(span.start));
    Problem::new(
        path,
        line,
        format!("is not valid TOML here: {}", error.message()),
    )
}
