//! Rule 9: every dependency may be used, changed and shipped without conditions beyond naming its authors.

mod expression;
#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::metadata::{Package, Workspace};
use super::tree::{File, find};
use expression::is_permitted;

const LOCK_FILE: &str = "Cargo.lock";
/// Permissive licences, by SPDX identifier. Copyleft of any strength (MPL-2.0 too) is left out on purpose.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];
/// Packages that state no licence in their manifest, with the SPDX expression a person read in their files.
const READ_BY_A_PERSON: &[(&str, &str)] = &[];

/// Rule 9, over everything in the dependency graph, the tests' dependencies included.
pub(crate) fn check_licences(workspace: &Workspace, files: &[File]) -> Vec<Finding> {
    workspace
        .packages
        .iter()
        .filter_map(|package| check_package(package, READ_BY_A_PERSON, files))
        .collect()
}

fn check_package(package: &Package, read: &[(&str, &str)], files: &[File]) -> Option<Finding> {
    let read = read
        .iter()
        .find(|(name, _)| *name == package.name)
        .map(|(_, license)| *license);
    let (wrong, remedy) = match package.license.as_deref().or(read) {
        None => (
            "states no licence".to_owned(),
            "read its licence file, then list it in xtask/src/tidy/licences.rs or replace it",
        ),
        Some(license) => match is_permitted(license, PERMISSIVE) {
            Some(true) => return None,
            Some(false) => (
                format!("is licensed `{license}`, which is not permissive"),
                "replace it",
            ),
            None => (
                format!("is licensed `{license}`, which is no SPDX expression"),
                "read its licence file, or replace it",
            ),
        },
    };
    let (path, line) = place_of(package, files);
    Some(Finding::new(
        path,
        line,
        format!("`{} {}` {wrong}", package.name, package.version),
        remedy,
    ))
}

/// A dependency is pointed at in the lock file, a member in its manifest.
fn place_of<'a>(package: &'a Package, files: &[File]) -> (&'a str, usize) {
    if package.is_member {
        return (&package.manifest_path, 1);
    }
    let name = format!("name = \"{}\"", package.name);
    (
        LOCK_FILE,
        find(files, LOCK_FILE).map_or(1, |file| file.line_where(|line| line == name)),
    )
}
