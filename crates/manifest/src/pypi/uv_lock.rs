//! `uv.lock`. One for a whole workspace: it tells its members, what each of them declares, and who needs whom.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use downriver_domain::{Evidence, Scope};

use crate::files::{folder_of, join_path};
use crate::lines::Lines;
use crate::pypi::declared::Declared;
use crate::pypi::lock::{Lock, Locked, Need};
use crate::pypi::name::{normalise, scope_of_group};
use crate::pypi::toml::{Text, read_pieces};
use crate::reading::{Problem, Source};

#[derive(Deserialize)]
#[serde(expecting = "a lockfile")]
struct Piece<'a> {
    version: Option<u32>,
    revision: Option<u32>,
    #[serde(borrow)]
    manifest: Option<Workspace<'a>>,
    /// The first releases wrote `distribution`.
    #[serde(borrow, default, alias = "distribution")]
    package: Vec<Package<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Workspace<'a> {
    #[serde(borrow, default)]
    members: Vec<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
#[serde(expecting = "the table of a package")]
struct Package<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    /// None where the source's own build says it.
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    source: Origin<'a>,
    #[serde(borrow, default)]
    dependencies: Vec<Dependency<'a>>,
    #[serde(borrow, default)]
    optional_dependencies: BTreeMap<Text<'a>, Vec<Dependency<'a>>>,
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize, Default)]
#[serde(expecting = "a table")]
struct Origin<'a> {
    git: Option<IgnoredAny>,
    url: Option<IgnoredAny>,
    path: Option<IgnoredAny>,
    #[serde(borrow)]
    directory: Option<Text<'a>>,
    #[serde(borrow)]
    editable: Option<Text<'a>>,
    #[serde(borrow, rename = "virtual")]
    unpackaged: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "the table of a dependency")]
struct Dependency<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    extra: Vec<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
#[serde(expecting = "a table")]
struct Metadata<'a> {
    #[serde(borrow, default)]
    requires_dist: Vec<Required<'a>>,
    #[serde(borrow, default)]
    requires_dev: BTreeMap<Text<'a>, Vec<Required<'a>>>,
}

/// What a package's own manifest declares.
#[derive(Deserialize)]
#[serde(expecting = "the table of a dependency")]
struct Required<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    specifier: Option<Text<'a>>,
    #[serde(borrow, default)]
    extras: Vec<Text<'a>>,
    #[serde(borrow)]
    marker: Option<Text<'a>>,
    git: Option<IgnoredAny>,
    url: Option<IgnoredAny>,
    path: Option<IgnoredAny>,
    directory: Option<IgnoredAny>,
    editable: Option<IgnoredAny>,
    #[serde(rename = "virtual")]
    unpackaged: Option<IgnoredAny>,
}

/// A lockfile with the workspace that it is for.
#[derive(Debug)]
pub(super) struct UvLock<'a> {
    pub(super) lock: Lock<'a>,
    pub(super) members: Vec<Member>,
}

/// A package of the source itself.
#[derive(Debug)]
pub(super) struct Member {
    /// Of the source; `""` is its root.
    pub(super) folder: String,
    /// What the lockfile says that it declares.
    pub(super) declared: Vec<Declared>,
}

pub(super) fn read<'a>(path: &'a str, text: &'a str) -> Result<UvLock<'a>, Problem> {
    let lines = Lines::new(text);
    let (mut version, mut revision) = (None, None);
    let mut packages = Vec::new();
    let mut names: BTreeSet<Cow<'a, str>> = BTreeSet::new();
    for piece in read_pieces::<Piece<'a>>(path, text, "package")? {
        version = version.or(piece.version);
        revision = revision.or(piece.revision);
        packages.extend(piece.package);
        let members = piece.manifest.map(|workspace| workspace.members);
        names.extend(members.into_iter().flatten().map(|name| normalise(name.0)));
    }
    let Some(version) = version else {
        let text = "has no `version`: it is no lockfile of uv, or of one too old to tell";
        return Err(Problem::new(path, Some(1), text));
    };
    let mut members = Vec::new();
    let mut all = Vec::with_capacity(packages.len());
    for package in packages {
        let folder = member_folder(&package, path, &names);
        if let Some(folder) = &folder {
            let declared = declared(&package.metadata, path, &lines);
            members.push(Member {
                folder: folder.clone(),
                declared,
            });
        }
        all.push(locked(package, folder.is_some(), &lines));
    }
    let revision = revision.map_or(String::new(), |revision| format!(" revision {revision}"));
    let lock = Lock {
        path,
        format: format!("uv.lock {version}{revision}"),
        packages: all,
        is_flat: false,
        counts_every_source: false,
    };
    Ok(UvLock { lock, members })
}

/// The folder of a member of the workspace. A lockfile that lists no members has one: the project that stands beside it.
fn member_folder(
    package: &Package<'_>,
    path: &str,
    names: &BTreeSet<Cow<'_, str>>,
) -> Option<String> {
    let source = &package.source;
    let place = source.editable.as_ref().or(source.unpackaged.as_ref());
    let place = place.or(source.directory.as_ref())?;
    let is_member = if names.is_empty() {
        &*place.0 == "."
    } else {
        names.contains(&normalise(&*package.name.0))
    };
    join_path(folder_of(path), &place.0).filter(|_| is_member)
}

impl Origin<'_> {
    fn source(&self) -> Source {
        let is_folder =
            self.directory.is_some() || self.editable.is_some() || self.unpackaged.is_some();
        let is_local = is_folder || self.path.is_some();
        source_of(self.git.is_some(), self.url.is_some(), is_local)
    }
}

impl Required<'_> {
    fn source(&self) -> Source {
        let is_folder =
            self.directory.is_some() || self.editable.is_some() || self.unpackaged.is_some();
        let is_local = is_folder || self.path.is_some();
        source_of(self.git.is_some(), self.url.is_some(), is_local)
    }
}

fn source_of(is_git: bool, is_url: bool, is_local: bool) -> Source {
    match (is_git, is_url, is_local) {
        (true, ..) => Source::Git,
        (_, true, _) => Source::Url,
        (.., true) => Source::Path,
        _ => Source::Registry,
    }
}

fn locked<'a>(package: Package<'a>, is_member: bool, lines: &Lines<'_>) -> Locked<'a> {
    let source = if is_member {
        Source::Workspace
    } else {
        package.source.source()
    };
    let need = |dependency: Dependency<'a>, only_with: &[Cow<'a, str>]| Need {
        version: dependency.version.map(|version| version.0),
        extras: dependency
            .extra
            .into_iter()
            .map(|extra| normalise(extra.0))
            .collect(),
        only_with: only_with.to_vec(),
        line: lines.of(&dependency.name.0),
        ..Need::new(normalise(dependency.name.0))
    };
    let always = package.dependencies.into_iter();
    let mut needs: Vec<Need<'a>> = always.map(|dependency| need(dependency, &[])).collect();
    for (extra, dependencies) in package.optional_dependencies {
        let extra = [normalise(extra.0)];
        needs.extend(
            dependencies
                .into_iter()
                .map(|dependency| need(dependency, &extra)),
        );
    }
    // Of a member the lockfile knows what it declares: that is the requirement of its needs.
    for required in package.metadata.requires_dist {
        let (Some(specifier), name) = (required.specifier, normalise(required.name.0)) else {
            continue;
        };
        for need in needs.iter_mut().filter(|need| need.name == name) {
            need.requirement.get_or_insert_with(|| specifier.0.clone());
        }
    }
    Locked {
        line: lines.of(&package.name.0),
        name: normalise(package.name.0),
        version: package.version.map(|version| version.0),
        source,
        scope: None,
        needs,
    }
}

fn declared(metadata: &Metadata<'_>, path: &str, lines: &Lines<'_>) -> Vec<Declared> {
    let one = |required: &Required<'_>, scope: Scope| {
        let source = required.source();
        let specifier = required
            .specifier
            .as_ref()
            .map_or("", |specifier| &*specifier.0);
        Declared {
            name: normalise(&*required.name.0).into_owned(),
            requirement: (source == Source::Registry).then(|| specifier.to_owned()),
            extras: required
                .extras
                .iter()
                .map(|extra| normalise(&*extra.0).into_owned())
                .collect(),
            source,
            scope,
            evidence: Evidence {
                file: path.into(),
                line: lines.of(&required.name.0),
            },
        }
    };
    let always = metadata.requires_dist.iter().map(|required| {
        let is_extra = required
            .marker
            .as_ref()
            .is_some_and(|marker| marker.0.contains("extra =="));
        one(
            required,
            if is_extra {
                Scope::Optional
            } else {
                Scope::Runtime
            },
        )
    });
    let groups = metadata.requires_dev.iter().flat_map(|(group, required)| {
        required
            .iter()
            .map(|required| one(required, scope_of_group(&group.0)))
    });
    always.chain(groups).collect()
}
