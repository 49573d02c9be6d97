//! `bun.lock`, versions 0 and 1: JSON with comments and trailing commas.
//!
//! `workspaces` repeats what the manifests declare. A key of `packages` is the way to a package through those that it lies
//! in (`a/b`: the `b` that only `a` gets); its value is `[name@resolution, registry, what it needs, integrity]`, shorter for
//! what no registry delivers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Scope;

use super::json::{self, Members, Tree, line_of};
use super::overrides;
use super::package_json::{Declared, Manifest, catalogs, package, section};
use super::spec::source_of;
use super::workspace::{Importer, Lockfile, Workspace};
use crate::graph::{Edge, Graph, Node};
use crate::lines::Lines;
use crate::reading::{Problem, Source};

/// Packages inside of each other.
const STEPS_MAX: usize = 512;

/// The text as JSON: comments and trailing commas become spaces, so that every line and column stays what it was.
pub(super) fn as_json(text: Cow<'_, str>) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut blanks: Vec<(usize, usize)> = Vec::new();
    let mut comma = None;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = end_of_text(bytes, at);
                comma = None;
                continue;
            }
            b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                let end = end_of_comment(bytes, at);
                blanks.push((at, end));
                at = end;
                continue;
            }
            b',' => comma = Some(at),
            b'}' | b']' => blanks.extend(comma.take().map(|comma| (comma, comma + 1))),
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += 1;
    }
    if blanks.is_empty() {
        return text;
    }
    let mut json = bytes.to_vec();
    for (start, end) in blanks {
        for byte in &mut json[start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    // Whole comments and commas were replaced, so that what is left is the same text.
    String::from_utf8(json).map_or(text, Cow::Owned)
}

/// Where a text in quotes that begins here is over.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 2..];
    let length = if bytes[start + 1] == b'/' {
        memchr::memchr(b'\n', rest)
    } else {
        memchr::memmem::find(rest, b"*/").map(|at| at + 2)
    };
    length.map_or(bytes.len(), |length| start + 2 + length)
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Written<'a> {
    lockfile_version: u64,
    #[serde(borrow)]
    workspaces: Members<'a, Tree<'a>>,
    #[serde(borrow)]
    overrides: Tree<'a>,
    #[serde(borrow)]
    catalog: Tree<'a>,
    #[serde(borrow)]
    catalogs: Tree<'a>,
    #[serde(borrow)]
    packages: Members<'a, Tree<'a>>,
}

/// A package where it lies.
struct Place<'a> {
    key: Cow<'a, str>,
    node: usize,
    needs: Tree<'a>,
}

pub(super) fn parse<'a>(
    path: &'a str,
    text: &'a str,
    workspace: &Workspace<'a>,
) -> Result<Lockfile<'a>, Problem> {
    let mut written: Written<'a> = json::parse(path, text)?;
    let lines = Lines::new(text);
    let joined = told(path, &lines, &mut written, workspace);
    let mut graph = Graph::new(path);
    let members = joined.add_members(&mut graph)?;
    let folders = joined.importer_folders();
    let mut places = Vec::with_capacity(written.packages.0.len());
    let mut known = BTreeMap::new();
    for (key, entry) in written.packages.0 {
        let line = line_of(&lines, &key, None);
        if key.matches('/').count() > STEPS_MAX {
            let text = format!("has a package inside of more than {STEPS_MAX} others");
            return Err(Problem::new(path, line, text));
        }
        let Some((name, resolution, needs)) = parts(entry) else {
            return Err(Problem::new(
                path,
                line,
                "has a package without `name@version` here",
            ));
        };
        let folder = resolution
            .strip_prefix("workspace:")
            .or(resolution.strip_prefix("root:"));
        let member = folder.and_then(|folder| folders.get(folder.trim_start_matches("./")));
        let node = match member {
            Some(member) => members[*member],
            None => add(&mut graph, &mut known, (name, resolution), line)?,
        };
        places.push(Place { key, node, needs });
    }
    let locked = graph.locked();
    let keys: BTreeMap<Cow<'a, str>, usize> = places
        .iter()
        .map(|place| (place.key.clone(), place.node))
        .collect();
    let members_known: BTreeSet<usize> = members.iter().copied().collect();
    for place in places {
        if !members_known.contains(&place.node) {
            connect(&mut graph, &keys, &lines, place)?;
        }
    }
    joined.connect_members(&mut graph, &members, |importer, declared| {
        let name = importer
            .manifest
            .name
            .as_deref()
            .filter(|_| !importer.folder.is_empty());
        find(&keys, name.unwrap_or_default(), &declared.name)
    })?;
    if !joined.has_manifests() {
        graph.suppose_roots();
    }
    let is_root_told = !workspace.importer_folders().contains_key("");
    let format = format!("bun.lock v{}", written.lockfile_version);
    Ok(Lockfile {
        format,
        locked,
        graph,
        overrides: if is_root_told {
            joined.overrides
        } else {
            Vec::new()
        },
    })
}

/// The workspace with what only this file tells: importers whose manifests are not there, and what the root says.
fn told<'a>(
    path: &'a str,
    lines: &Lines<'a>,
    written: &mut Written<'a>,
    workspace: &Workspace<'a>,
) -> Workspace<'a> {
    let known = workspace.importer_folders();
    let mut importers = Vec::new();
    for (folder, mut member) in std::mem::take(&mut written.workspaces).0 {
        if known.contains_key(&*folder) {
            continue;
        }
        let name = member.take("name").and_then(Tree::text);
        let version = member.take("version").and_then(Tree::text);
        let declared = declared(lines, &mut member);
        let manifest = Manifest {
            path,
            name,
            version,
            declared,
            ..Manifest::default()
        };
        importers.push(Importer {
            folder: folder.into_owned(),
            manifest,
        });
    }
    let is_root_told = importers.iter().any(|importer| importer.folder.is_empty());
    let mut with = workspace.with(importers);
    if is_root_told {
        let root = with
            .importers
            .iter()
            .find(|importer| importer.folder.is_empty());
        let declared = root
            .map(|root| root.manifest.declared.as_slice())
            .unwrap_or_default();
        let source = overrides::Source {
            path,
            lines,
            declared,
        };
        with.overrides = overrides::of_npm(&source, std::mem::take(&mut written.overrides));
        let mut top = Tree::Object(vec![
            (
                Cow::Borrowed("catalog"),
                std::mem::take(&mut written.catalog),
            ),
            (
                Cow::Borrowed("catalogs"),
                std::mem::take(&mut written.catalogs),
            ),
        ]);
        with.catalogs = catalogs(path, lines, &mut top);
    }
    with
}

/// The name, the resolution and what the package needs.
fn parts(entry: Tree<'_>) -> Option<(Cow<'_, str>, Cow<'_, str>, Tree<'_>)> {
    let Tree::List(items) = entry else {
        return None;
    };
    let mut items = items.into_iter();
    let id = items.next()?.text()?;
    let at = id.get(1..)?.find('@')? + 1;
    let (name, resolution) = match id {
        Cow::Borrowed(id) => (Cow::Borrowed(&id[..at]), Cow::Borrowed(&id[at + 1..])),
        Cow::Owned(id) => (
            Cow::Owned(id[..at].to_owned()),
            Cow::Owned(id[at + 1..].to_owned()),
        ),
    };
    let needs = items
        .find(|item| matches!(item, Tree::Object(_)))
        .unwrap_or_default();
    Some((name, resolution, needs))
}

type Known<'a> = BTreeMap<(Cow<'a, str>, Cow<'a, str>), usize>;

fn add<'a>(
    graph: &mut Graph<'a>,
    known: &mut Known<'a>,
    id: (Cow<'a, str>, Cow<'a, str>),
    line: Option<u32>,
) -> Result<usize, Problem> {
    if let Some(node) = known.get(&id) {
        return Ok(*node);
    }
    let (name, resolution) = id.clone();
    let source = source_of(&resolution);
    let version = (source == Source::Registry).then_some(resolution);
    let node = graph.add(Node {
        package: package(&name),
        name,
        version,
        source,
        line,
    })?;
    known.insert(id, node);
    Ok(node)
}

/// What a package or a member of the workspace declares, where this file says so.
fn declared<'a>(lines: &Lines<'a>, needs: &mut Tree<'a>) -> Vec<Declared<'a>> {
    let optional_peers: BTreeSet<Cow<'a, str>> = needs
        .take("optionalPeers")
        .unwrap_or_default()
        .texts()
        .into_iter()
        .collect();
    let sections = [
        ("dependencies", Scope::Runtime),
        ("optionalDependencies", Scope::Optional),
        ("devDependencies", Scope::Dev),
        ("peerDependencies", Scope::Peer),
    ];
    let mut declared = Vec::new();
    for (name, scope) in sections {
        let members = needs.take(name).unwrap_or_default();
        declared.extend(section(lines, members, scope).into_iter().map(|mut one| {
            one.is_optional_peer = scope == Scope::Peer && optional_peers.contains(&one.name);
            one
        }));
    }
    declared
}

fn connect<'a>(
    graph: &mut Graph<'a>,
    keys: &BTreeMap<Cow<'a, str>, usize>,
    lines: &Lines<'a>,
    mut place: Place<'a>,
) -> Result<(), Problem> {
    for Declared {
        name,
        requirement,
        scope,
        line,
        ..
    } in declared(lines, &mut place.needs)
    {
        if scope == Scope::Dev {
            continue;
        }
        if let Some(to) = find(keys, &place.key, &name) {
            let from = place.node;
            graph.connect(Edge {
                from,
                to,
                requirement: Some(requirement),
                scope,
                line,
            })?;
        }
    }
    Ok(())
}

/// The package that `name` means at this place: what lies in it, or in those that it lies in, from the innermost.
fn find(keys: &BTreeMap<Cow<'_, str>, usize>, place: &str, name: &str) -> Option<usize> {
    let mut way = place;
    let mut key = String::with_capacity(place.len() + name.len() + 1);
    while !way.is_empty() {
        key.clear();
        key.push_str(way);
        key.push('/');
        key.push_str(name);
        if let Some(found) = keys.get(key.as_str()) {
            return Some(*found);
        }
        way = outer(way);
    }
    keys.get(name).copied()
}

/// The way without its last name.
fn outer(way: &str) -> &str {
    let before = way.rsplit_once('/').map_or("", |(before, _)| before);
    match before.rsplit_once('/') {
        Some((outer, scope)) if scope.starts_with('@') => outer,
        None if before.starts_with('@') => "",
        _ => before,
    }
}
