//! Version 1: a tree of `dependencies`, each below the package whose `node_modules` it lies in. The same `version` tells
//! a version, an alias, an address, a folder or a commit. What the root asks for stands in `package.json` alone.

use std::borrow::Cow;

use downriver_domain::Scope;
use downriver_version::{Format, Version};
use serde::Deserialize;

use super::archive::{is_archive, is_of_registry, parse_archive};
use super::layout::Layout;
use super::{Installed, Nodes, finish, scope_of, source_of_resolved};
use crate::graph::{Edge, Graph};
use crate::lines::Lines;
use crate::npm::json::{Members, Text, Tree, line_of};
use crate::npm::spec::{Spec, alias, source_of};
use crate::npm::workspace::Workspace;
use crate::reading::{Problem, Source};
use crate::texts::Texts;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    resolved: Tree<'a>,
    #[serde(borrow)]
    integrity: Tree<'a>,
    /// As it was asked for, by versions of npm before `integrity`.
    #[serde(borrow)]
    from: Option<Text<'a>>,
    dev: Option<bool>,
    optional: Option<bool>,
    /// npm 5 wrote `true` for none.
    #[serde(borrow)]
    requires: Members<'a, Text<'a>>,
    #[serde(borrow)]
    dependencies: Members<'a, Entry<'a>>,
}

/// A package where it lies, with what is needed to connect it.
struct Place<'a> {
    name: Cow<'a, str>,
    /// That whose `node_modules` it lies in, and that where it looks first.
    folder: u32,
    inside: u32,
    entry: Entry<'a>,
}

pub(super) fn read<'a>(
    file: &'a str,
    lines: &Lines<'a>,
    tree: Members<'a, Entry<'a>>,
    workspace: &Workspace<'a>,
) -> Result<(Graph<'a>, Texts), Problem> {
    let mut folders = Layout::default();
    let root = folders.add_folder(None);
    let mut places = Vec::new();
    flatten(tree, root, &mut folders, &mut places);
    let mut nodes = Nodes::new(file);
    let members = workspace.add_members(&mut nodes.graph)?;
    let mut by_place = Vec::with_capacity(places.len());
    for place in &mut places {
        let line = line_of(lines, &place.name, None);
        by_place.push(nodes.add(place.entry.installed(&place.name), line)?);
    }
    let Nodes {
        mut graph,
        scopes,
        locked,
        ..
    } = nodes;
    let requires: Vec<_> = places
        .iter_mut()
        .map(|place| std::mem::take(&mut place.entry.requires))
        .collect();
    let mut layout = folders;
    for place in &places {
        layout.put(Some((place.folder, &place.name)));
    }
    layout.sort();
    for ((at, place), requires) in places.iter().enumerate().zip(requires) {
        for (name, requirement) in requires.0 {
            let Some(to) = layout.find(Some(place.inside), &name) else {
                continue;
            };
            // Only the marks tell that a dependency is an optional one.
            let is_optional = places[to].entry.is_optional() && !place.entry.is_optional();
            graph.connect(Edge {
                from: by_place[at],
                to: by_place[to],
                line: line_of(lines, &name, None),
                requirement: Some(requirement.0),
                scope: if is_optional {
                    Scope::Optional
                } else {
                    Scope::Runtime
                },
            })?;
        }
    }
    workspace.connect_members(&mut graph, &members, |_, declared| {
        Some(by_place[layout.find(Some(root), &declared.name)?])
    })?;
    finish(&mut graph, workspace, &scopes);
    Ok((graph, locked.finish()))
}

/// Goes down at most as far as the JSON may be nested.
fn flatten<'a>(
    tree: Members<'a, Entry<'a>>,
    folder: u32,
    layout: &mut Layout<'_>,
    places: &mut Vec<Place<'a>>,
) {
    for (name, mut entry) in tree.0 {
        let below = std::mem::take(&mut entry.dependencies);
        let inside = if below.0.is_empty() {
            folder
        } else {
            layout.add_folder(Some(folder))
        };
        places.push(Place {
            name,
            folder,
            inside,
            entry,
        });
        flatten(below, inside, layout, places);
    }
}

impl<'a> Entry<'a> {
    fn is_optional(&self) -> bool {
        self.optional == Some(true)
    }

    fn installed(&mut self, name: &Cow<'a, str>) -> Installed<'a> {
        let version = self
            .version
            .take()
            .map(|version| version.0)
            .unwrap_or_default();
        let (name, found, source) = self.identify(name, &version);
        let is_folder = source == Source::Path && !is_archive(&version);
        Installed {
            name,
            version: found,
            source,
            scope: scope_of(self.dev == Some(true), self.is_optional(), false),
            // What comes from git or an archive may have no version here, and npm lists it without.
            is_listed: !is_folder,
        }
    }

    fn is_from_git(&self, name: &str) -> bool {
        let Some(Text(from)) = self.from.as_ref().filter(|_| self.integrity == Tree::Other) else {
            return false;
        };
        let from = from
            .strip_prefix(name)
            .and_then(|from| from.strip_prefix('@'))
            .unwrap_or(from);
        source_of(from) == Source::Git
    }

    /// Its own name, its version and where it comes from, by what stands for its version.
    fn identify(
        &self,
        name: &Cow<'a, str>,
        version: &Cow<'a, str>,
    ) -> (Cow<'a, str>, Option<Cow<'a, str>>, Source) {
        if let Some((real, range)) = alias(version) {
            let range = Cow::Owned(range.to_owned());
            return (Cow::Owned(real.to_owned()), Some(range), Source::Registry);
        }
        let resolved = match &self.resolved {
            Tree::Text(resolved) => Some(&**resolved),
            _ => None,
        };
        let source = match Spec::parse(name, version).source {
            // npm 5 wrote the address of the registry's own archive.
            Source::Url if is_of_registry(version) => Source::Registry,
            // Asked for as a version of what stands in git.
            Source::Registry if self.is_from_git(name) && resolved.is_none() => Source::Git,
            Source::Registry => source_of_resolved(resolved),
            source => source,
        };
        match source {
            Source::Registry if Version::parse(Format::Npm, version).is_ok() => {
                (name.clone(), Some(version.clone()), source)
            }
            Source::Registry | Source::Url | Source::Path => {
                let archive = if is_archive(version) {
                    Some(&**version)
                } else {
                    resolved
                };
                match archive.and_then(|archive| parse_archive(name, archive)) {
                    Some((name, version)) => (Cow::Owned(name), Some(Cow::Owned(version)), source),
                    None => (name.clone(), None, source),
                }
            }
            source => (name.clone(), None, source),
        }
    }
}
