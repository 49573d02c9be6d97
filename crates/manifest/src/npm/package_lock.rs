//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3, and the one that npm keeps in `node_modules`.
//!
//! Versions 2 and 3 list packages by the folder they are installed in (`packages`), version 1 as a tree (`dependencies`).
//! Version 2 has both, and only the first is read. The rules are those of npm's own `@npmcli/arborist`.

mod archive;
mod layout;
mod legacy;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Scope;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::glob;
use super::json::{self, Members, Text, Tree, line_of};
use super::package_json::{Declared, Manifest, package};
use super::spec;
use super::workspace::{Importer, Lockfile, Workspace};
use crate::files::join_path;
use crate::graph::{Edge, Graph, Node};
use crate::limits::FILES_MAX;
use crate::lines::Lines;
use crate::reading::{Problem, Source};

use layout::{Paths, digest, last_name};

pub(super) fn parse<'a>(
    path: &'a str,
    text: &'a str,
    workspace: &Workspace<'a>,
) -> Result<Lockfile<'a>, Problem> {
    let written: Written<'a> = json::parse(path, text)?;
    let lines = Lines::new(text);
    let version = written
        .lockfile_version
        .unwrap_or(if written.packages.is_some() { 3 } else { 1 });
    let name = path.rsplit('/').next().unwrap_or(path);
    let format = format!("{name} v{version}");
    let (graph, locked) = match (written.packages, written.dependencies) {
        (Some(packages), _) => read_packages(path, &lines, packages, workspace)?,
        (None, Some(tree)) => legacy::read(path, &lines, tree, workspace)?,
        (None, None) => read_packages(path, &lines, Members::default(), workspace)?,
    };
    Ok(Lockfile {
        format,
        locked,
        graph,
        overrides: Vec::new(),
    })
}

/// The file's own parts, by whatever order they stand in.
#[derive(Debug, Default)]
struct Written<'a> {
    lockfile_version: Option<u64>,
    packages: Option<Members<'a, Entry<'a>>>,
    dependencies: Option<Members<'a, legacy::Entry<'a>>>,
}

/// What is installed in a folder, or stands there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry<'a> {
    /// Only where it is not the name of its folder: an alias, or the root.
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    resolved: Tree<'a>,
    link: Option<bool>,
    dev: Option<bool>,
    optional: Option<bool>,
    peer: Option<bool>,
    dev_optional: Option<bool>,
    #[serde(borrow)]
    dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    optional_dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    dev_dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    peer_dependencies: Members<'a, Text<'a>>,
    #[serde(borrow)]
    peer_dependencies_meta: Members<'a, PeerMeta>,
    #[serde(borrow)]
    workspaces: Tree<'a>,
}

#[derive(Debug, Deserialize)]
struct PeerMeta {
    #[serde(default)]
    optional: bool,
}

fn read_packages<'a>(
    file: &'a str,
    lines: &Lines<'a>,
    packages: Members<'a, Entry<'a>>,
    workspace: &Workspace<'a>,
) -> Result<(Graph<'a>, BTreeSet<String>), Problem> {
    let (paths, mut entries): (Vec<Cow<'a, str>>, Vec<Entry<'a>>) = packages.0.into_iter().unzip();
    let workspace = workspace.with(members_told(file, lines, &paths, &mut entries, workspace));
    let mut nodes = Nodes::new(file);
    let members = workspace.add_members(&mut nodes.graph)?;
    let importers = workspace.importer_folders();
    let mut by_place = Vec::with_capacity(paths.len());
    for (path, entry) in paths.iter().zip(&mut entries) {
        by_place.push(match importers.get(&**path) {
            Some(importer) => Some(members[*importer]),
            None if path.is_empty() || entry.is_link() => None,
            None => Some(nodes.add(entry.installed(path), line_of(lines, path, None))?),
        });
    }
    follow_links(&paths, &entries, &mut by_place);
    let Nodes {
        mut graph,
        scopes,
        locked,
        ..
    } = nodes;
    let layout = Paths::new(file, paths.iter().map(|path| &**path))?;
    let find_at = |place: usize, name: &str| by_place[layout.find_at(place, name)?];
    for (at, (path, entry)) in paths.iter().zip(entries).enumerate() {
        let Some(from) = by_place[at].filter(|_| !entry.is_link()) else {
            continue;
        };
        if importers.contains_key(&**path) {
            continue;
        }
        for Declared {
            name,
            requirement,
            scope,
            line,
            ..
        } in entry.declared(lines)
        {
            let Some(to) = find_at(at, &name).filter(|_| scope != Scope::Dev) else {
                continue;
            };
            graph.connect(Edge {
                from,
                to,
                requirement: Some(requirement),
                scope,
                line,
            })?;
        }
    }
    workspace.connect_members(&mut graph, &members, |importer, declared| {
        by_place[layout.find_in(&importer.folder, &declared.name)?]
    })?;
    finish(&mut graph, &workspace, &scopes);
    Ok((graph, locked.into_iter().collect()))
}

/// The importers that the file itself tells of, beyond those that have a manifest: the root, and what its patterns name.
fn members_told<'a>(
    file: &'a str,
    lines: &Lines<'a>,
    paths: &[Cow<'a, str>],
    entries: &mut [Entry<'a>],
    workspace: &Workspace<'a>,
) -> Vec<Importer<'a>> {
    let known = workspace.importer_folders();
    let root = paths.iter().position(|path| path.is_empty());
    let mut patterns = match known.get("") {
        Some(root) => workspace.importers[*root].manifest.workspaces.clone(),
        None => Vec::new(),
    };
    if let Some(root) = root.filter(|_| patterns.is_empty()) {
        let mut written = std::mem::take(&mut entries[root].workspaces);
        patterns = written.take("packages").unwrap_or(written).texts();
    }
    let mut told = Vec::new();
    // No source has more manifests than that.
    let folders = paths
        .iter()
        .zip(entries)
        .filter(|(path, _)| layout::split(path).is_none());
    for (path, entry) in folders.take(FILES_MAX) {
        let is_member = path.is_empty()
            || (!patterns.is_empty() && !entry.is_link() && glob::is_member(&patterns, path));
        if is_member && !known.contains_key(&**path) {
            let folder_name = last_name(path);
            let entry = std::mem::take(entry);
            let manifest = Manifest {
                path: file,
                name: entry.name.clone().map(|name| name.0).or(folder_name),
                version: entry.version.clone().map(|version| version.0),
                declared: entry.declared(lines),
                ..Manifest::default()
            };
            told.push(Importer {
                folder: path.clone().into_owned(),
                manifest,
            });
        }
    }
    told
}

/// Lets each link stand for the place that it leads to.
fn follow_links(paths: &[Cow<'_, str>], entries: &[Entry<'_>], by_place: &mut [Option<usize>]) {
    if !entries.iter().any(Entry::is_link) {
        return;
    }
    let places: BTreeMap<&str, usize> = paths
        .iter()
        .enumerate()
        .map(|(place, path)| (&**path, place))
        .collect();
    for (place, entry) in entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.is_link())
    {
        let Tree::Text(target) = &entry.resolved else {
            continue;
        };
        let target = target.strip_prefix("file:").unwrap_or(target);
        let normal = join_path("", target).unwrap_or_else(|| target.to_owned());
        by_place[place] = places.get(&*normal).and_then(|target| by_place[*target]);
    }
}

/// What is left to do when all nodes and edges are in.
fn finish(graph: &mut Graph<'_>, workspace: &Workspace<'_>, scopes: &[Scope]) {
    if !workspace.has_manifests() {
        graph.suppose_roots();
        // Who asks is not told, but for what: npm marks what only development or an optional dependency needs.
        for root in &mut graph.roots {
            root.scope = scopes.get(root.to).copied().unwrap_or(root.scope);
        }
    }
    // An archive from an address looks like one from a registry but for those who ask for it.
    let mut asked: Vec<Option<Source>> = vec![None; graph.nodes.len()];
    let edges = graph
        .edges
        .iter()
        .map(|edge| (edge.to, edge.requirement.as_deref()));
    let roots = graph
        .roots
        .iter()
        .map(|root| (root.to, root.requirement.as_deref()));
    for (to, requirement) in edges.chain(roots) {
        let source = match requirement {
            Some(requirement) if !archive::is_of_registry(requirement) => {
                spec::source_of(requirement)
            }
            _ => Source::Registry,
        };
        if asked[to] != Some(Source::Registry) {
            asked[to] = Some(source);
        }
    }
    for (node, asked) in graph.nodes.iter_mut().zip(asked) {
        if let (Source::Registry, Some(asked @ (Source::Url | Source::Git))) = (node.source, asked)
        {
            node.source = asked;
        }
    }
}

/// What is found installed somewhere.
struct Installed<'a> {
    name: Cow<'a, str>,
    version: Option<Cow<'a, str>>,
    source: Source,
    scope: Scope,
    /// npm itself would name it in a list of what the file holds.
    is_listed: bool,
}

/// One node for each name, version and source, at its first place.
struct Nodes<'a> {
    graph: Graph<'a>,
    /// By digest of those three: names are long and alike, and there are many.
    known: BTreeMap<u64, usize>,
    /// For what a node is there, by npm's own marks.
    scopes: Vec<Scope>,
    locked: Vec<String>,
}

impl<'a> Nodes<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            graph: Graph::new(file),
            known: BTreeMap::new(),
            scopes: Vec::new(),
            locked: Vec::new(),
        }
    }

    fn add(&mut self, found: Installed<'a>, line: Option<u32>) -> Result<usize, Problem> {
        let Installed {
            name,
            version,
            source,
            scope,
            is_listed,
        } = found;
        let digest = digest(&(&name, &version, source as u8));
        if let Some(known) = self.known.get(&digest) {
            let node = &self.graph.nodes[*known];
            if node.name == name && node.version == version && node.source == source {
                return Ok(*known);
            }
        }
        if is_listed {
            self.locked
                .push(format!("{name}@{}", version.as_deref().unwrap_or_default()));
        }
        self.scopes.resize(self.graph.nodes.len(), Scope::Runtime);
        self.scopes.push(scope);
        let node = Node {
            package: package(&name),
            name,
            version,
            source,
            line,
        };
        let node = self.graph.add(node)?;
        self.known.insert(digest, node);
        Ok(node)
    }
}

/// npm's marks, as the reason for which something is there.
fn scope_of(is_dev: bool, is_optional: bool, is_peer: bool) -> Scope {
    match (is_dev, is_optional, is_peer) {
        (true, _, _) => Scope::Dev,
        (_, true, _) => Scope::Optional,
        (_, _, true) => Scope::Peer,
        _ => Scope::Runtime,
    }
}

/// Where something comes from by what was fetched; hosts vary, so that any address may be that of a registry.
fn source_of_resolved(resolved: &Tree<'_>) -> Source {
    match resolved {
        Tree::Text(text) if text.starts_with("file:") => Source::Path,
        Tree::Text(text) if text.starts_with("http") => Source::Registry,
        Tree::Text(text) if spec::source_of(text) == Source::Git => Source::Git,
        _ => Source::Registry,
    }
}

impl<'a> Entry<'a> {
    fn is_link(&self) -> bool {
        self.link == Some(true)
    }

    fn installed(&mut self, path: &Cow<'a, str>) -> Installed<'a> {
        let version = self.version.take().map(|version| version.0);
        let is_folder = layout::split(path).is_none();
        let name = self.name.take().map(|name| name.0);
        Installed {
            name: name.or_else(|| last_name(path)).unwrap_or_default(),
            source: if is_folder {
                Source::Path
            } else {
                source_of_resolved(&self.resolved)
            },
            scope: scope_of(
                self.dev == Some(true),
                self.optional == Some(true) || self.dev_optional == Some(true),
                self.peer == Some(true),
            ),
            is_listed: !is_folder || version.is_some(),
            version,
        }
    }

    /// What it asks for, with the lines where this file says so.
    fn declared(self, lines: &Lines<'a>) -> Vec<Declared<'a>> {
        let optional: BTreeSet<Cow<'a, str>> = self
            .optional_dependencies
            .0
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let optional_peers: BTreeSet<Cow<'a, str>> = self
            .peer_dependencies_meta
            .0
            .into_iter()
            .filter_map(|(name, meta)| meta.optional.then_some(name))
            .collect();
        let sections = [
            (Scope::Runtime, self.dependencies),
            (Scope::Optional, self.optional_dependencies),
            (Scope::Dev, self.dev_dependencies),
            (Scope::Peer, self.peer_dependencies),
        ];
        let all = sections.into_iter().flat_map(|(scope, members)| {
            members
                .0
                .into_iter()
                .map(move |(name, requirement)| (scope, name, requirement.0))
        });
        all.filter(|(scope, name, _)| *scope != Scope::Runtime || !optional.contains(name))
            .map(|(scope, name, requirement)| Declared {
                line: line_of(lines, &name, line_of(lines, &requirement, None)),
                is_optional_peer: scope == Scope::Peer && optional_peers.contains(&name),
                name,
                requirement,
                scope,
            })
            .collect()
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
                    match &*key.0 {
                        "lockfileVersion" => written.lockfile_version = map.next_value()?,
                        "packages" => written.packages = Some(map.next_value()?),
                        "dependencies" if written.packages.is_none() => {
                            written.dependencies = Some(map.next_value()?);
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(written)
            }
        }
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}
