//! `package.json`: what a package declares, and where.

use std::borrow::Cow;
use std::collections::BTreeSet;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::json::{self, Text, Tree, line_of};
use super::overrides::{self, Override};
use super::spec::Spec;
use crate::lines::Lines;
use crate::reading::{Problem, Product};

/// What one `package.json` says.
#[derive(Debug, Clone, Default)]
pub(super) struct Manifest<'a> {
    pub(super) path: &'a str,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) name_line: Option<u32>,
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) is_private: bool,
    /// In the order of the sections below, each in the order of the file.
    pub(super) declared: Vec<Declared<'a>>,
    /// `overrides` (npm, bun), `resolutions` (yarn), `pnpm.overrides`, whichever stand there.
    pub(super) overrides: Vec<Override<'a>>,
    /// The patterns of the folders of a workspace's members.
    pub(super) workspaces: Vec<Cow<'a, str>>,
    /// Requirements that `catalog:` stands for.
    pub(super) catalogs: Vec<Cataloged<'a>>,
    /// `npm`, `yarn`, `pnpm` or `bun`, as `packageManager` names it.
    pub(super) package_manager: Option<Cow<'a, str>>,
}

/// A dependency as a manifest declares it.
#[derive(Debug, Clone)]
pub(super) struct Declared<'a> {
    /// Under which it is imported, and installed: not the package's own name if it is an alias.
    pub(super) name: Cow<'a, str>,
    /// As it stands there.
    pub(super) requirement: Cow<'a, str>,
    /// `Runtime`, `Optional`, `Dev` or `Peer`.
    pub(super) scope: Scope,
    /// `peerDependenciesMeta` says that it may be missing.
    pub(super) is_optional_peer: bool,
    pub(super) line: Option<u32>,
}

/// A line of a catalog.
#[derive(Debug, Clone)]
pub(super) struct Cataloged<'a> {
    /// `default` for that without a name.
    pub(super) catalog: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) requirement: Cow<'a, str>,
    pub(super) evidence: Evidence,
}

impl Declared<'_> {
    /// What it asks for, and from where.
    pub(super) fn spec(&self) -> Spec<'_> {
        Spec::parse(&self.name, &self.requirement)
    }
}

impl<'a> Manifest<'a> {
    pub(super) fn parse(path: &'a str, text: &'a str) -> Result<Self, Problem> {
        let written: Written<'a> = json::parse(path, text)?;
        let lines = Lines::new(text);
        let mut manifest = Self {
            path,
            is_private: written.private == Tree::True,
            version: written.version.text(),
            package_manager: written.package_manager.text().map(before_at),
            declared: declared(&lines, written.sections),
            ..Self::default()
        };
        manifest.name = written.name.text();
        manifest.name_line = manifest
            .name
            .as_ref()
            .and_then(|name| line_of(&lines, name, None));
        let source = overrides::Source {
            path,
            lines: &lines,
            declared: &manifest.declared,
        };
        let mut found = overrides::of_npm(&source, written.overrides);
        found.extend(overrides::of_yarn(&source, written.resolutions));
        let mut pnpm = written.pnpm;
        found.extend(overrides::of_pnpm(
            &source,
            pnpm.take("overrides").unwrap_or_default(),
        ));
        manifest.overrides = found;
        let mut workspaces = written.workspaces;
        manifest.catalogs = catalogs(path, &lines, &mut workspaces);
        let mut top = Tree::Object(vec![
            (Cow::Borrowed("catalog"), written.catalog),
            (Cow::Borrowed("catalogs"), written.catalogs),
        ]);
        manifest.catalogs.extend(catalogs(path, &lines, &mut top));
        manifest.workspaces = match workspaces.take("packages") {
            Some(packages) => packages.texts(),
            None => workspaces.texts(),
        };
        Ok(manifest)
    }

    /// What it publishes, if it has a name.
    pub(super) fn product(&self) -> Option<Product> {
        Some(Product {
            package: package(self.name.as_deref()?)?,
            version: self.version.clone().map(Cow::into_owned),
            is_private: self.is_private,
            evidence: self.evidence(self.name_line),
        })
    }

    pub(super) fn evidence(&self, line: Option<u32>) -> Evidence {
        Evidence {
            file: self.path.into(),
            line,
        }
    }
}

/// The package of an npm name, `@scope/name` or `name`; `None` if CodeArtifact cannot hold it.
pub(super) fn package(name: &str) -> Option<PackageId> {
    let (scope, name) = match name.strip_prefix('@') {
        Some(scoped) => {
            let (scope, name) = scoped.split_once('/')?;
            (Some(scope), name)
        }
        None => (None, name),
    };
    PackageId::new(Format::Npm, scope, name).ok()
}

/// `pnpm` of `pnpm@9.1.0+sha512…`.
fn before_at(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.split('@').next().unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.split('@').next().unwrap_or(&text).to_owned()),
    }
}

#[derive(Debug, Default)]
struct Sections<'a> {
    runtime: Tree<'a>,
    optional: Tree<'a>,
    dev: Tree<'a>,
    peer: Tree<'a>,
    peer_meta: Tree<'a>,
}

/// What stands under a name in `optionalDependencies` counts there and not in `dependencies`, as npm has it.
fn declared<'a>(lines: &Lines<'a>, sections: Sections<'a>) -> Vec<Declared<'a>> {
    let optional_peers: BTreeSet<Cow<'a, str>> = sections
        .peer_meta
        .members()
        .into_iter()
        .filter_map(|(name, mut meta)| (meta.take("optional")? == Tree::True).then_some(name))
        .collect();
    let optional = section(lines, sections.optional, Scope::Optional);
    let mut declared = section(lines, sections.runtime, Scope::Runtime);
    let names: BTreeSet<&str> = optional.iter().map(|one| &*one.name).collect();
    declared.retain(|one| !names.contains(&*one.name));
    drop(names);
    declared.extend(optional);
    declared.extend(section(lines, sections.dev, Scope::Dev));
    let mut peers = section(lines, sections.peer, Scope::Peer);
    for peer in &mut peers {
        peer.is_optional_peer = optional_peers.contains(&peer.name);
    }
    declared.extend(peers);
    declared
}

/// The last of those with the same name counts, at its own place.
pub(super) fn section<'a>(lines: &Lines<'a>, members: Tree<'a>, scope: Scope) -> Vec<Declared<'a>> {
    let mut seen = BTreeSet::new();
    let mut found: Vec<Declared<'a>> = members
        .members()
        .into_iter()
        .rev()
        .filter(|(name, _)| seen.insert(name.clone()))
        .filter_map(|(name, requirement)| {
            let requirement = requirement.text()?;
            let line = line_of(lines, &name, line_of(lines, &requirement, None));
            Some(Declared {
                name,
                requirement,
                scope,
                is_optional_peer: false,
                line,
            })
        })
        .collect();
    found.reverse();
    found
}

/// Takes `catalog` and `catalogs` out of an object that may hold them.
pub(super) fn catalogs<'a>(
    path: &str,
    lines: &Lines<'a>,
    holder: &mut Tree<'a>,
) -> Vec<Cataloged<'a>> {
    let default = holder.take("catalog").unwrap_or_default();
    let named = holder.take("catalogs").unwrap_or_default().members();
    std::iter::once((Cow::Borrowed("default"), default))
        .chain(named)
        .flat_map(|(catalog, members)| {
            members
                .members()
                .into_iter()
                .filter_map(move |(name, requirement)| {
                    let requirement = requirement.text()?;
                    let line = line_of(lines, &name, None);
                    let evidence = Evidence {
                        file: path.into(),
                        line,
                    };
                    Some(Cataloged {
                        catalog: catalog.clone(),
                        name,
                        requirement,
                        evidence,
                    })
                })
        })
        .collect()
}

/// The parts that are read. Of a key that stands twice the last counts, as for every package manager.
#[derive(Debug, Default)]
struct Written<'a> {
    name: Tree<'a>,
    version: Tree<'a>,
    private: Tree<'a>,
    package_manager: Tree<'a>,
    sections: Sections<'a>,
    overrides: Tree<'a>,
    resolutions: Tree<'a>,
    pnpm: Tree<'a>,
    workspaces: Tree<'a>,
    catalog: Tree<'a>,
    catalogs: Tree<'a>,
}

impl<'a> Written<'a> {
    fn part(&mut self, key: &str) -> Option<&mut Tree<'a>> {
        Some(match key {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "private" => &mut self.private,
            "packageManager" => &mut self.package_manager,
            "dependencies" => &mut self.sections.runtime,
            "optionalDependencies" => &mut self.sections.optional,
            "devDependencies" => &mut self.sections.dev,
            "peerDependencies" => &mut self.sections.peer,
            "peerDependenciesMeta" => &mut self.sections.peer_meta,
            "overrides" => &mut self.overrides,
            "resolutions" => &mut self.resolutions,
            "pnpm" => &mut self.pnpm,
            "workspaces" => &mut self.workspaces,
            "catalog" => &mut self.catalog,
            "catalogs" => &mut self.catalogs,
            _ => return None,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Object<'a> {
            type Value = Written<'a>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut written = Written::default();
                while let Some(key) = map.next_key::<Text<'a>>()? {
                    match written.part(&key.0) {
                        Some(part) => *part = map.next_value()?,
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(written)
            }
        }
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}
