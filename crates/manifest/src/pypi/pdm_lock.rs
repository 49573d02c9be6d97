//! `pdm.lock`, every version from before it had one to 4.5. It holds every package of one project, and who needs whom as
//! dependency specifiers; since 4.3 perhaps the groups that each is there for.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::lines::Lines;
use crate::pypi::constraint::translate;
use crate::pypi::declared::parse_specifier;
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
    #[serde(borrow)]
    lock_version: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a package")]
struct Package<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    groups: Vec<Text<'a>>,
    /// Before 2.
    #[serde(borrow, default)]
    sections: Vec<Text<'a>>,
    #[serde(borrow)]
    section: Option<Text<'a>>,
    /// The package with these extras stands apart from the one without.
    #[serde(borrow, default)]
    extras: Vec<Text<'a>>,
    #[serde(borrow, default)]
    dependencies: Dependencies<'a>,
    git: Option<IgnoredAny>,
    hg: Option<IgnoredAny>,
    svn: Option<IgnoredAny>,
    bzr: Option<IgnoredAny>,
    url: Option<IgnoredAny>,
    path: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a dependency")]
struct Dependency<'a> {
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    extras: Vec<Text<'a>>,
}

/// A list of specifiers; before 2 a table of names and constraints.
enum Dependencies<'a> {
    Specifiers(Vec<Text<'a>>),
    Constraints(BTreeMap<Text<'a>, Several<'a, Dependency<'a>>>),
}

impl Default for Dependencies<'_> {
    fn default() -> Self {
        Self::Specifiers(Vec::new())
    }
}

struct DependenciesVisitor;

impl<'de> Visitor<'de> for DependenciesVisitor {
    type Value = Dependencies<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of dependency specifiers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Dependencies::Specifiers)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Dependencies::Constraints)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Dependencies<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DependenciesVisitor)
    }
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
            Some(version) => format!("pdm.lock {}", version.0),
            None => "pdm.lock 1".to_owned(),
        },
        packages,
        is_flat: false,
        counts_every_source: true,
    })
}

fn locked<'a>(package: Package<'a>, lines: &Lines<'_>) -> Locked<'a> {
    let is_versioned = package.git.is_some()
        || package.hg.is_some()
        || package.svn.is_some()
        || package.bzr.is_some();
    let source = if is_versioned {
        Source::Git
    } else if package.path.is_some() {
        Source::Path
    } else if package.url.is_some() {
        Source::Url
    } else {
        Source::Registry
    };
    let groups = package
        .groups
        .iter()
        .chain(&package.sections)
        .chain(&package.section);
    let scope = groups
        .map(|group| scope_of_group(&group.0))
        .fold(None, |one, other| stronger(one, Some(other)));
    let only_with: Vec<Cow<'a, str>> = package
        .extras
        .into_iter()
        .map(|extra| normalise(extra.0))
        .collect();
    let mut needs = match package.dependencies {
        Dependencies::Specifiers(specifiers) => needs_of_specifiers(specifiers, lines),
        Dependencies::Constraints(constraints) => needs_of_constraints(constraints, lines),
    };
    for need in &mut needs {
        need.only_with.clone_from(&only_with);
    }
    Locked {
        line: lines.of(&package.name.0),
        name: normalise(package.name.0),
        version: package.version.map(|version| version.0),
        source,
        scope,
        needs,
    }
}

/// What is no specifier is left out: the packages are there all the same.
pub(super) fn needs_of_specifiers<'a>(
    specifiers: Vec<Text<'a>>,
    lines: &Lines<'_>,
) -> Vec<Need<'a>> {
    specifiers
        .into_iter()
        .filter_map(|text| {
            let specifier = parse_specifier(&text.0).ok()?;
            Some(Need {
                requirement: specifier.requirement.map(Cow::Owned),
                extras: specifier.extras.into_iter().map(Cow::Owned).collect(),
                line: lines.of(&text.0),
                ..Need::new(Cow::Owned(specifier.name))
            })
        })
        .collect()
}

fn needs_of_constraints<'a>(
    constraints: BTreeMap<Text<'a>, Several<'a, Dependency<'a>>>,
    lines: &Lines<'_>,
) -> Vec<Need<'a>> {
    let mut needs = Vec::new();
    for (name, dependencies) in constraints {
        let line = lines.of(&name.0);
        let name = normalise(name.0);
        for dependency in dependencies.0 {
            let (constraint, extras) = match dependency {
                TextOr::Text(text) => (Some(text), Vec::new()),
                TextOr::Table(table) => (table.version.map(|text| text.0), table.extras),
            };
            needs.push(Need {
                requirement: constraint.and_then(|text| translate(&text)).map(Cow::Owned),
                extras: extras.into_iter().map(|extra| normalise(extra.0)).collect(),
                line,
                ..Need::new(name.clone())
            });
        }
    }
    needs
}
