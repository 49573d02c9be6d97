//! Where an application's packages come from: which CodeArtifact repositories its settings name.
//!
//! Read are the settings of the folder and of those above it, as the package managers do. Where something is published to
//! is not where packages come from, and is passed over. Credentials in an address are never kept.

mod endpoint;
mod lines;
mod structured;

#[cfg(test)]
mod tests;

use downriver_domain::Evidence;
use downriver_version::Format;

use crate::files::{Files, folder_of};
use crate::kind::{FileKind, recognise};
use crate::limits::FOLDERS_MAX;
use crate::ruby::manifest;
use crate::text::decode;

/// A CodeArtifact repository that settings name as a source of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryUse {
    pub format: Format,
    pub domain: String,
    /// Twelve digits.
    pub domain_owner: String,
    pub region: String,
    pub repository: String,
    /// npm's (with its `@`) or Swift's: only packages of this scope come from there.
    pub scope: Option<String>,
    pub evidence: Evidence,
}

/// An address that settings name as a source of packages.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    address: String,
    scope: Option<String>,
    line: Option<u32>,
}

/// Larger files are no settings.
const SETTINGS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Addresses kept of one application.
const ADDRESSES_MAX: usize = 1_000;
/// Folders of settings, beside the files that stand in the folder itself.
const SETTINGS_FOLDERS: [&str; 6] = [
    ".cargo",
    ".bundle",
    ".mvn",
    ".nuget",
    ".config",
    ".swiftpm/configuration",
];

/// The CodeArtifact repositories that the settings of an application name, the nearest first, each once for each scope.
pub fn registries(folder: &str, files: &Files<'_>) -> Vec<RegistryUse> {
    let mut uses: Vec<RegistryUse> = Vec::new();
    for (path, named) in addresses(folder, files) {
        let Some(endpoint) = endpoint::parse(&named.address) else {
            continue;
        };
        let found = RegistryUse {
            format: endpoint.format,
            domain: endpoint.domain.to_owned(),
            domain_owner: endpoint.domain_owner.to_owned(),
            region: endpoint.region.to_owned(),
            repository: endpoint.repository.to_owned(),
            scope: named.scope,
            evidence: Evidence {
                file: path.into(),
                line: named.line,
            },
        };
        if !uses.iter().any(|known| is_same(known, &found)) {
            uses.push(found);
        }
    }
    uses
}

/// How many addresses of other registries the same settings name; an application that names some may not get its packages
/// from CodeArtifact.
pub fn count_other_registries(folder: &str, files: &Files<'_>) -> usize {
    addresses(folder, files)
        .into_iter()
        .filter(|(_, named)| endpoint::parse(&named.address).is_none())
        .count()
}

fn is_same(one: &RegistryUse, other: &RegistryUse) -> bool {
    let key = |it: &RegistryUse| {
        (
            it.format,
            it.domain.clone(),
            it.domain_owner.clone(),
            it.region.clone(),
            it.repository.clone(),
            it.scope.clone(),
        )
    };
    key(one) == key(other)
}

/// Every address in the settings of the folder and those above it, the nearest first.
fn addresses<'f>(folder: &str, files: &'f Files<'_>) -> Vec<(&'f str, Named)> {
    let mut found = Vec::new();
    let mut folder = folder;
    for _ in 0..=FOLDERS_MAX {
        let beside = files.below(folder).filter(|(path, bytes)| {
            let rest = path.strip_prefix(folder).unwrap_or(path);
            let stands_in = folder_of(rest.trim_start_matches('/'));
            bytes.len() <= SETTINGS_BYTES_MAX
                && (stands_in.is_empty() || SETTINGS_FOLDERS.contains(&stands_in))
        });
        for (path, bytes) in beside {
            // What cannot be read here is told of where it is read for its dependencies.
            let Ok(text) = decode(path, bytes) else {
                continue;
            };
            let named = read_file(path, &text).unwrap_or_default();
            let room = ADDRESSES_MAX.saturating_sub(found.len());
            found.extend(named.into_iter().take(room).map(|named| (path, named)));
        }
        if folder.is_empty() {
            break;
        }
        folder = folder_of(folder);
    }
    found
}

fn read_file(path: &str, text: &str) -> Option<Vec<Named>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match (name, recognise(path)?) {
        (".npmrc", _) => lines::npmrc(text),
        (".yarnrc", _) => lines::yarnrc(text),
        (".yarnrc.yml", _) => structured::yarnrc_yml(path, text)?,
        ("pip.conf" | "pip.ini", _) => lines::pip(text),
        ("registries.json", _) => structured::swift(path, text)?,
        ("config", FileKind::RegistrySettings) if path.ends_with(".bundle/config") => {
            lines::bundle(text)
        }
        ("settings.xml", _) | (_, FileKind::Pom) => structured::maven(text)?,
        (_, FileKind::RegistrySettings) if name.eq_ignore_ascii_case("nuget.config") => {
            structured::nuget(text)?
        }
        (_, FileKind::RegistrySettings | FileKind::Pyproject | FileKind::Pipfile) => {
            structured::toml(name, text)?
        }
        (_, FileKind::GradleBuild) => lines::gradle(text),
        (_, FileKind::Requirements) => lines::requirements(text),
        (_, FileKind::RubyManifest) => manifest::parse(text)
            .sources
            .into_iter()
            .map(|(address, line)| Named {
                address,
                scope: None,
                line: Some(line),
            })
            .collect(),
        _ => return None,
    })
}
