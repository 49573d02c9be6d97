//! Rule 10: lock files name no host, so that they are the same wherever they were made and work behind any mirror.

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::tree::File;

const CARGO_LOCK: &str = "Cargo.lock";
/// What cargo writes for its default registry, whatever mirror it was read through.
const CARGO_SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
const NPM_LOCKS: &[&str] = &["package-lock.json", "npm-shrinkwrap.json"];
const OTHER_LOCKS: &[&str] = &[
    "yarn.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "Pipfile.lock",
    "Gemfile.lock",
    "uv.lock",
];

/// Rule 10, over the lock files that this repository installs from.
pub(crate) fn check_lock_files(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_material()) {
        let Some(kind) = kind_of(file) else {
            continue;
        };
        for (index, _) in file
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| names_host(kind, line.trim()))
        {
            let (wrong, remedy) = match kind {
                Kind::Cargo => (
                    "a package from elsewhere than the default registry",
                    "depend on a published version",
                ),
                Kind::Npm => (
                    "names where a package was fetched",
                    "install with `omit-lockfile-registry-resolved`",
                ),
                Kind::Other => (
                    "names a registry's host",
                    "write the lock file without hosts",
                ),
            };
            findings.push(Finding::new(&file.path, index + 1, wrong, remedy));
        }
    }
    findings
}

#[derive(Clone, Copy)]
enum Kind {
    Cargo,
    Npm,
    Other,
}

fn kind_of(file: &File) -> Option<Kind> {
    let is_requirements = file.name().starts_with("requirements") && file.ending() == "txt";
    match file.name() {
        CARGO_LOCK => Some(Kind::Cargo),
        name if NPM_LOCKS.contains(&name) => Some(Kind::Npm),
        name if is_requirements || OTHER_LOCKS.contains(&name) => Some(Kind::Other),
        _ => None,
    }
}

fn names_host(kind: Kind, line: &str) -> bool {
    match kind {
        Kind::Cargo => line.contains("://") && line != CARGO_SOURCE,
        // A folder of the same repository is `resolved` to its path; the addresses under `funding` are the authors' own.
        Kind::Npm => line.contains("://") && line.starts_with("\"resolved\""),
        Kind::Other => line.contains("://") && !line.starts_with('#'),
    }
}
