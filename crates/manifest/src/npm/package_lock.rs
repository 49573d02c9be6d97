//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3, and the one that npm keeps in `node_modules`.
//!
//! Versions 2 and 3 list packages by the folder they are installed in (`packages`), version 1 as a tree (`dependencies`).
//! Version 2 has both, and only the first is read. The rules are those of npm's own `@npmcli/arborist`.

mod archive;
mod layout;
mod legacy;
mod written;

use std::borrow::Cow;
use std::collections::BTreeMap;

use downriver_domain::Scope;

use super::glob;
use super::json::{self, line_of};
use super::package_json::{Declared, Manifest, package};
use super::spec;
use super::workspace::{Importer, Lockfile, Workspace};
use crate::digest::{ByDigest, digest};
use crate::files::join_path;
use crate::graph::{Edge, Graph, Node};
use crate::limits::FILES_MAX;
use crate::lines::Lines;
use crate::reading::{Problem, Source};
use crate::texts::{Texts, TextsBuilder};

use layout::Paths;
use written::{Entry, Packages, Written};

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
        (None, None) => read_packages(path, &lines, Packages::default(), workspace)?,
    };
    Ok(Lockfile {
        format,
        locked,
        graph,
        overrides: Vec::new(),
    })
}

fn read_packages<'a>(
    file: &'a str,
    lines: &Lines<'a>,
    mut packages: Packages<'a>,
    workspace: &Workspace<'a>,
) -> Result<(Graph<'a>, Texts), Problem> {
    let workspace = workspace.with(members_told(file, lines, &mut packages, workspace));
    let Packages {
        paths,
        mut entries,
        declared,
        ..
    } = packages;
    let mut nodes = Nodes::new(file);
    let members = workspace.add_members(&mut nodes.graph)?;
    let importers = workspace.importer_folders();
    nodes.graph.reserve(paths.len(), declared.len());
    let mut by_place = Vec::with_capacity(paths.len());
    for (path, entry) in paths.iter().zip(&mut entries) {
        by_place.push(match importers.get(&**path) {
            Some(importer) => Some(members[*importer]),
            None if path.is_empty() || entry.is_link => None,
            None => Some(nodes.add(entry.installed(), line_of(lines, path, None))?),
        });
    }
    follow_links(&paths, &entries, &mut by_place);
    let Nodes {
        mut graph,
        scopes,
        locked,
        ..
    } = nodes;
    let places = paths.iter().zip(&entries);
    let layout = Paths::new(
        file,
        places.map(|(path, entry)| (&**path, entry.lies_in(path))),
    )?;
    let find_at = |place: usize, name: &str| by_place[layout.find_at(place, name)?];
    let mut declared = declared.into_iter();
    for (at, (path, entry)) in paths.iter().zip(entries).enumerate() {
        let own = declared.by_ref().take(entry.declared.len());
        let from = by_place[at].filter(|_| !entry.is_link && !importers.contains_key(&**path));
        let Some(from) = from else {
            own.for_each(drop);
            continue;
        };
        for declared in own {
            let line = declared.line_in(lines);
            let Some(to) = find_at(at, &declared.name).filter(|_| declared.scope != Scope::Dev)
            else {
                continue;
            };
            graph.connect(Edge {
                from,
                to,
                requirement: Some(declared.requirement),
                scope: declared.scope,
                line,
            })?;
        }
    }
    workspace.connect_members(&mut graph, &members, |importer, declared| {
        by_place[layout.find_in(&importer.folder, &declared.name)?]
    })?;
    finish(&mut graph, &workspace, &scopes);
    Ok((graph, locked.finish()))
}

/// The importers that the file itself tells of, beyond those that have a manifest: the root, and what its patterns name.
fn members_told<'a>(
    file: &'a str,
    lines: &Lines<'a>,
    packages: &mut Packages<'a>,
    workspace: &Workspace<'a>,
) -> Vec<Importer<'a>> {
    let known = workspace.importer_folders();
    let mut patterns = match known.get("") {
        Some(root) => workspace.importers[*root].manifest.workspaces.clone(),
        None => Vec::new(),
    };
    if patterns.is_empty() {
        let mut written = packages.workspaces.take().unwrap_or_default();
        patterns = written.take("packages").unwrap_or(written).texts();
    }
    let mut told = Vec::new();
    // No source has more manifests than that.
    let entries = packages.paths.iter().zip(&mut packages.entries);
    let folders = entries.filter(|(_, entry)| entry.lies.is_none());
    for (path, entry) in folders.take(FILES_MAX) {
        let is_member = path.is_empty()
            || (!patterns.is_empty() && !entry.is_link && glob::is_member(&patterns, path));
        if is_member && !known.contains_key(&**path) {
            // A folder with a manifest is no link, whatever stands here.
            entry.is_link = false;
            let declared = packages.declared[entry.declared.clone()].iter().cloned();
            let manifest = Manifest {
                path: file,
                name: entry.name.clone(),
                version: entry.version.clone(),
                declared: declared
                    .map(|declared| Declared {
                        line: declared.line_in(lines),
                        ..declared
                    })
                    .collect(),
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
    if !entries.iter().any(|entry| entry.is_link) {
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
        .filter(|(_, entry)| entry.is_link)
    {
        let Some(target) = &entry.resolved else {
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
    known: ByDigest,
    /// For what a node is there, by npm's own marks.
    scopes: Vec<Scope>,
    locked: TextsBuilder,
}

impl<'a> Nodes<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            graph: Graph::new(file),
            known: ByDigest::default(),
            scopes: Vec::new(),
            locked: TextsBuilder::default(),
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
                .push([&name, "@", version.as_deref().unwrap_or_default()]);
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
fn source_of_resolved(resolved: Option<&str>) -> Source {
    match resolved {
        Some(text) if text.starts_with("file:") => Source::Path,
        Some(text) if text.starts_with("http") => Source::Registry,
        Some(text) if spec::source_of(text) == Source::Git => Source::Git,
        _ => Source::Registry,
    }
}

impl<'a> Entry<'a> {
    fn installed(&mut self) -> Installed<'a> {
        let version = self.version.take();
        let is_folder = self.lies.is_none();
        Installed {
            name: self.name.take().unwrap_or_default(),
            source: if is_folder {
                Source::Path
            } else {
                source_of_resolved(self.resolved.as_deref())
            },
            scope: self.scope,
            is_listed: !is_folder || version.is_some(),
            version,
        }
    }
}

impl Declared<'_> {
    /// Where this file says so.
    fn line_in(&self, lines: &Lines<'_>) -> Option<u32> {
        line_of(lines, &self.name, None).or_else(|| line_of(lines, &self.requirement, None))
    }
}
