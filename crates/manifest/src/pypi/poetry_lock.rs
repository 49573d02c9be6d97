//! `poetry.lock`, from 0.x to 2.1. It holds every package of one project, with who needs whom; it does not say what the
//! project itself asks for.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use downriver_domain::Scope;

use crate::lines::Lines;
use crate::pypi::constraint::translate;
use crate::pypi::lock::{Lock, Locked, Need, stronger};
use crate::pypi::name::{normalise, scope_of_group};
use crate::pypi::toml::{Several, Text, TextOr, read_pieces};
use crate::reading::{Problem, Source};

#[derive(Deserialize)]
#[serde(expecting = "a lockfile")]
struct Piece<'a> {
    #[serde(borrow, default)]
    package: Vec<Package<'a>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Metadata<'a> {
    #[serde(borrow, rename = "lock-version")]
    lock_version: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a package")]
struct Package<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
    /// Up to 1.x: `main` or `dev`.
    #[serde(borrow)]
    category: Option<Text<'a>>,
    #[serde(default)]
    optional: bool,
    /// Since 2.1.
    #[serde(borrow, default)]
    groups: Vec<Text<'a>>,
    #[serde(borrow, default)]
    dependencies: BTreeMap<Text<'a>, Several<'a, Dependency<'a>>>,
    /// Extra to the dependencies it brings: `PySocks (>=1.5.6)`.
    #[serde(borrow, default)]
    extras: BTreeMap<Text<'a>, Vec<Text<'a>>>,
    #[serde(borrow)]
    source: Option<Origin<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a dependency")]
struct Dependency<'a> {
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(default)]
    optional: bool,
    #[serde(borrow, default)]
    extras: Vec<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Origin<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
}

pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<Lock<'a>, Problem> {
    let lines = Lines::new(text);
    let mut version = None;
    let mut packages = Vec::new();
    for piece in read_pieces::<Piece<'a>>(path, text, "package")? {
        version = version.or(piece.metadata.and_then(|metadata| metadata.lock_version));
        packages.extend(
            piece
                .package
                .into_iter()
                .map(|package| locked(package, &lines)),
        );
    }
    Ok(Lock {
        path,
        format: match version {
            Some(version) => format!("poetry.lock {}", version.0),
            None => "poetry.lock 0".to_owned(),
        },
        packages,
        is_flat: false,
        counts_every_source: true,
    })
}

fn locked<'a>(package: Package<'a>, lines: &Lines<'_>) -> Locked<'a> {
    let kind = package
        .source
        .as_ref()
        .and_then(|source| source.kind.as_ref());
    let source = match kind.map_or("", |kind| &*kind.0) {
        "git" | "hg" | "svn" => Source::Git,
        "url" => Source::Url,
        "directory" | "file" => Source::Path,
        // `legacy` is an index with the simple API other than the default one.
        _ => Source::Registry,
    };
    let scope = scope_of(&package);
    let mut by_extra: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>> = BTreeMap::new();
    for (extra, dependencies) in package.extras {
        for dependency in dependencies {
            let name = name_of(dependency.0);
            let extra = normalise(extra.0.clone());
            by_extra.entry(name).or_default().push(extra);
        }
    }
    let mut needs = Vec::new();
    for (name, dependencies) in package.dependencies {
        let line = lines.of(&name.0);
        let name = normalise(name.0);
        for dependency in dependencies.0 {
            let (constraint, is_optional, extras) = match dependency {
                TextOr::Text(version) => (Some(version), false, Vec::new()),
                TextOr::Table(table) => (
                    table.version.map(|text| text.0),
                    table.optional,
                    table.extras,
                ),
            };
            let only_with = match by_extra.get(&name) {
                Some(extras) if is_optional => extras.clone(),
                _ => Vec::new(),
            };
            needs.push(Need {
                name: name.clone(),
                requirement: constraint.and_then(|text| translate(&text)).map(Cow::Owned),
                version: None,
                extras: extras.into_iter().map(|extra| normalise(extra.0)).collect(),
                only_with,
                line,
            });
        }
    }
    Locked {
        line: lines.of(&package.name.0),
        name: normalise(package.name.0),
        version: Some(package.version.0),
        source,
        scope,
        needs,
    }
}

fn scope_of(package: &Package<'_>) -> Option<Scope> {
    let by_groups = package
        .groups
        .iter()
        .map(|group| scope_of_group(&group.0))
        .fold(None, |one, other| stronger(one, Some(other)));
    let by_category = package
        .category
        .as_ref()
        .map(|name| scope_of_group(&name.0));
    match by_groups.or(by_category) {
        Some(Scope::Runtime) if package.optional => Some(Scope::Optional),
        scope => scope,
    }
}

/// The name at the beginning of a dependency specifier.
fn name_of(specifier: Cow<'_, str>) -> Cow<'_, str> {
    let is_name =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let end = specifier
        .find(|letter| !is_name(letter))
        .unwrap_or(specifier.len());
    match specifier {
        Cow::Borrowed(text) => normalise(&text[..end]),
        Cow::Owned(text) => normalise(text[..end].to_owned()),
    }
}
