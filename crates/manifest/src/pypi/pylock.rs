//! `pylock.toml` (PEP 751). It holds what is installed; who needs whom only if the tool that wrote it cared.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde::de::IgnoredAny;

use downriver_domain::Scope;

use crate::lines::Lines;
use crate::pypi::lock::{Lock, Locked, Need, stronger};
use crate::pypi::name::{normalise, scope_of_group};
use crate::pypi::pdm_lock::needs_of_specifiers;
use crate::pypi::toml::{Text, read_pieces};
use crate::reading::{Problem, Source};

#[derive(Deserialize)]
#[serde(expecting = "a lockfile")]
struct Piece<'a> {
    #[serde(borrow, rename = "lock-version")]
    lock_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    packages: Vec<Package<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a package")]
struct Package<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    marker: Option<Text<'a>>,
    #[serde(borrow, default)]
    dependencies: Vec<Dependency<'a>>,
    vcs: Option<IgnoredAny>,
    directory: Option<IgnoredAny>,
    archive: Option<Archive>,
    #[serde(borrow, default)]
    tool: Tool<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a dependency")]
struct Dependency<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Archive {
    path: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(expecting = "a table")]
struct Tool<'a> {
    #[serde(borrow)]
    pdm: Option<Pdm<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Pdm<'a> {
    #[serde(borrow, default)]
    dependencies: Vec<Text<'a>>,
}

pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<Lock<'a>, Problem> {
    let lines = Lines::new(text);
    let mut version = None;
    let mut packages = Vec::new();
    for piece in read_pieces::<Piece<'a>>(path, text, "packages")? {
        version = version.or(piece.lock_version);
        packages.extend(
            piece
                .packages
                .into_iter()
                .map(|package| locked(package, &lines)),
        );
    }
    let Some(version) = version else {
        let text = "has no `lock-version`: it is no lockfile of PEP 751";
        return Err(Problem::new(path, Some(1), text));
    };
    Ok(Lock {
        path,
        format: format!("pylock.toml {}", version.0),
        is_flat: packages.iter().all(|package| package.needs.is_empty()),
        counts_every_source: false,
        packages,
    })
}

fn locked<'a>(package: Package<'a>, lines: &Lines<'_>) -> Locked<'a> {
    let source = if package.vcs.is_some() {
        Source::Git
    } else if package.directory.is_some() {
        Source::Path
    } else if let Some(archive) = &package.archive {
        if archive.path.is_some() {
            Source::Path
        } else {
            Source::Url
        }
    } else {
        Source::Registry
    };
    let named = package.dependencies.into_iter().filter_map(|dependency| {
        let name = dependency.name?;
        Some(Need {
            version: dependency.version.map(|version| version.0),
            line: lines.of(&name.0),
            ..Need::new(normalise(name.0))
        })
    });
    let mut needs: Vec<Need<'a>> = named.collect();
    if let Some(pdm) = package.tool.pdm {
        needs.extend(needs_of_specifiers(pdm.dependencies, lines));
    }
    Locked {
        line: lines.of(&package.name.0),
        name: normalise(package.name.0),
        version: package.version.map(|version| version.0),
        source,
        scope: package.marker.and_then(|marker| scope_of(&marker.0)),
        needs,
    }
}

/// Of a marker like `"dev" in dependency_groups or "docs" in extras` what it says of groups and extras; whether it is about
/// platforms too does not matter.
fn scope_of(marker: &str) -> Option<Scope> {
    let mut scope = None;
    let words: Vec<&str> = marker.split_whitespace().collect();
    for window in words.windows(3) {
        let [value, "in", set] = window else { continue };
        let value = value.trim_matches(['"', '\'', '(', ')']);
        let found = match set.trim_matches([')', '(']) {
            "dependency_groups" => scope_of_group(value),
            "extras" => Scope::Optional,
            _ => continue,
        };
        scope = stronger(scope, Some(found));
    }
    scope
}
