//! Bundler: `Gemfile.lock` or `gems.locked`, and what is written out in the `Gemfile` (`gems.rb`) and gemspecs.
//!
//! The lockfile repeats what the Gemfile asks for, so it alone tells nearly everything; the Gemfile adds where it is written
//! and for which group. Where there is a lockfile, what it does not list is not asked for: a Gemfile may ask for gems on
//! conditions, and Bundler refuses to install by a lockfile that has fallen behind.

mod lexer;
mod lock;
pub(crate) mod manifest;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};

use crate::files::{Files, folder_of, join_path};
use crate::graph::{Edge, Graph, Node, Root};
use crate::limits::{FILES_MAX, INCLUDES_MAX};
use crate::reading::{FileSummary, Problem, Product, Reading, Source};
use crate::text::decode;
use crate::texts::Texts;
use lock::{Asked, Lock, Origin};
use manifest::Gem;

const MANIFESTS: [&str; 2] = ["Gemfile", "gems.rb"];
const LOCKS: [&str; 2] = ["Gemfile.lock", "gems.locked"];
/// What Bundler takes for a gem without a requirement.
const ANY: &str = ">= 0";

/// The versions of each gem, as a rule one.
type Nodes<'a> = BTreeMap<&'a str, Vec<usize>>;

/// A gem that a manifest asks for, and which.
struct Declared {
    file: String,
    gem: Gem,
}

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let declared = read_manifests(folder, files, reading);
    let mut by_name: BTreeMap<&str, &Declared> = BTreeMap::new();
    for declared in &declared {
        by_name.entry(&declared.gem.name).or_insert(declared);
    }
    let lock = LOCKS
        .iter()
        .find_map(|name| files.get_entry(&join_path(folder, name)?));
    if let Some((path, bytes)) = lock {
        let read = decode(path, bytes).and_then(|text| {
            let lock = lock::parse(path, &text)?;
            read_lock(path, &lock, &by_name, reading)
        });
        match read {
            Ok(()) => return,
            Err(problem) => reading.problem(problem),
        }
    }
    if let Err(problem) = read_without_lock(&by_name, reading) {
        reading.problem(problem);
    }
}

/// The Gemfile with what it takes in; without one the gemspecs of the folder.
fn read_manifests(folder: &str, files: &Files<'_>, reading: &mut Reading) -> Vec<Declared> {
    let mut declared = Vec::new();
    let gemfile = MANIFESTS
        .iter()
        .filter_map(|name| join_path(folder, name))
        .find(|path| files.get(path).is_some());
    let mut gemspecs: BTreeSet<String> = BTreeSet::new();
    if gemfile.is_none() {
        gemspecs.insert(folder.to_owned());
    }
    let mut met: BTreeSet<String> = gemfile.iter().cloned().collect();
    let mut open: Vec<(String, usize)> = gemfile.into_iter().map(|path| (path, 0)).collect();
    while let Some((path, depth)) = open.pop() {
        let Some(found) = read_manifest(&path, files, reading, &mut declared) else {
            continue;
        };
        let beside = folder_of(&path);
        gemspecs.extend(
            found
                .gemspecs
                .iter()
                .filter_map(|path| join_path(beside, path)),
        );
        for include in &found.included {
            let include = join_path(beside, include).filter(|path| files.get(path).is_some());
            if let Some(include) = include
                && depth < INCLUDES_MAX
                && met.len() < FILES_MAX
                && met.insert(include.clone())
            {
                open.push((include, depth + 1));
            }
        }
    }
    for gemspec in find_gemspecs(&gemspecs, files) {
        if let Some(found) = read_manifest(&gemspec, files, reading, &mut declared)
            && let Some((name, line)) = found.name
            && let Ok(package) = PackageId::new(Format::Ruby, None, &name)
        {
            reading.products.push(Product {
                package,
                version: found.version.map(|(version, _)| version),
                is_private: false,
                evidence: evidence(&gemspec, line),
            });
        }
    }
    declared
}

fn find_gemspecs(folders: &BTreeSet<String>, files: &Files<'_>) -> Vec<String> {
    folders
        .iter()
        .flat_map(|folder| {
            files
                .below(folder)
                .filter(move |(path, _)| path.ends_with(".gemspec") && folder_of(path) == folder)
        })
        .map(|(path, _)| path.to_owned())
        .collect()
}

fn read_manifest(
    path: &str,
    files: &Files<'_>,
    reading: &mut Reading,
    declared: &mut Vec<Declared>,
) -> Option<manifest::Manifest> {
    let text = match decode(path, files.get(path)?) {
        Ok(text) => text,
        Err(problem) => {
            reading.problem(problem);
            return None;
        }
    };
    let mut found = manifest::parse(&text);
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_gemspec = name.ends_with(".gemspec");
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: if is_gemspec { "gemspec" } else { name }.to_owned(),
        locked: Texts::default(),
        declared: found.gems.len(),
    });
    declared.extend(found.gems.drain(..).map(|gem| Declared {
        file: path.to_owned(),
        gem,
    }));
    Some(found)
}

fn read_lock(
    path: &str,
    lock: &Lock<'_>,
    declared: &BTreeMap<&str, &Declared>,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let mut graph = Graph::new(path);
    let mut nodes = Nodes::new();
    add_specs(&mut graph, lock, &mut nodes)?;
    connect(&mut graph, lock, &nodes)?;
    for asked in &lock.dependencies {
        // A gem for another platform, or one that comes with Ruby (`bundler`), is asked for and not locked.
        if !nodes.contains_key(asked.name) && asked.name != "bundler" {
            let source = declared
                .get(asked.name)
                .map_or(Source::Registry, |it| it.gem.source);
            let added = graph.add(node(asked.name, None, source, asked.line))?;
            nodes.insert(asked.name, vec![added]);
        }
        ask(&mut graph, asked, declared, nodes.get(asked.name));
    }
    // Second, so that what the Gemfile says of a gem counts before what the application's own gems say.
    for spec in lock.specs.iter().filter(|spec| spec.origin == Origin::Own) {
        for asked in &spec.dependencies {
            ask(&mut graph, asked, declared, nodes.get(asked.name));
        }
    }
    if graph.roots.is_empty() {
        graph.suppose_roots();
    }
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: path.rsplit('/').next().unwrap_or(path).to_owned(),
        locked: locked(lock),
        declared: 0,
    });
    graph.into_reading(reading);
    Ok(())
}

/// One node for each version: the builds for several platforms are one package version.
fn add_specs<'a>(
    graph: &mut Graph<'a>,
    lock: &Lock<'a>,
    nodes: &mut Nodes<'a>,
) -> Result<(), Problem> {
    for spec in &lock.specs {
        let same = nodes.entry(spec.name).or_default();
        let is_known = same
            .iter()
            .any(|node| graph.nodes[*node].version.as_deref() == Some(spec.version));
        if !is_known {
            let source = source_of(spec.origin);
            same.push(graph.add(node(spec.name, Some(spec.version), source, spec.line))?);
        }
    }
    Ok(())
}

fn connect<'a>(graph: &mut Graph<'a>, lock: &Lock<'a>, nodes: &Nodes<'a>) -> Result<(), Problem> {
    let none = Vec::new();
    let mut connected: BTreeSet<(usize, usize)> = BTreeSet::new();
    for spec in lock.specs.iter().filter(|spec| spec.origin != Origin::Own) {
        let from = nodes
            .get(spec.name)
            .into_iter()
            .flatten()
            .copied()
            .find(|node| graph.nodes[*node].version.as_deref() == Some(spec.version));
        let Some(from) = from else { continue };
        for asked in &spec.dependencies {
            for to in nodes.get(asked.name).unwrap_or(&none).iter().copied() {
                if from != to && connected.insert((from, to)) {
                    graph.connect(Edge {
                        from,
                        to,
                        requirement: Some(Cow::Borrowed(asked.requirement.unwrap_or(ANY))),
                        scope: Scope::Runtime,
                        line: Some(asked.line),
                    })?;
                }
            }
        }
    }
    Ok(())
}

/// The application asks for a gem: by the manifest's word where there is one, else the lockfile's.
fn ask<'a>(
    graph: &mut Graph<'a>,
    asked: &Asked<'a>,
    declared: &BTreeMap<&str, &Declared>,
    nodes: Option<&Vec<usize>>,
) {
    let declared = declared.get(asked.name);
    let requirement = match declared.and_then(|declared| declared.gem.requirement.clone()) {
        Some(requirement) => Cow::Owned(requirement),
        None => Cow::Borrowed(asked.requirement.unwrap_or(ANY)),
    };
    let evidence = match declared {
        Some(declared) => evidence(&declared.file, declared.gem.line),
        None => evidence(graph.file, asked.line),
    };
    let scopes = declared.map_or_else(
        || BTreeSet::from([Scope::Runtime]),
        |declared| declared.gem.scopes.clone(),
    );
    for to in nodes.into_iter().flatten().copied() {
        for scope in &scopes {
            graph.roots.push(Root {
                to,
                requirement: Some(requirement.clone()),
                scope: *scope,
                evidence: evidence.clone(),
                is_direct: true,
            });
        }
    }
}

fn read_without_lock(
    declared: &BTreeMap<&str, &Declared>,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let mut graph = Graph::new("");
    for declared in declared.values() {
        let gem = &declared.gem;
        let to = graph.add(node(&gem.name, None, gem.source, gem.line))?;
        for scope in &gem.scopes {
            graph.roots.push(Root {
                to,
                requirement: gem.requirement.as_deref().map(Cow::Borrowed),
                scope: *scope,
                evidence: evidence(&declared.file, gem.line),
                is_direct: true,
            });
        }
    }
    graph.into_reading(reading);
    Ok(())
}

fn node<'a>(name: &'a str, version: Option<&'a str>, source: Source, line: u32) -> Node<'a> {
    Node {
        name: Cow::Borrowed(name),
        package: PackageId::new(Format::Ruby, None, name).ok(),
        version: version.map(Cow::Borrowed),
        source,
        line: Some(line),
    }
}

const fn source_of(origin: Origin) -> Source {
    match origin {
        Origin::Registry => Source::Registry,
        Origin::Git => Source::Git,
        Origin::Path => Source::Path,
        Origin::Own => Source::Workspace,
        Origin::Plugin => Source::Url,
    }
}

/// As Bundler lists them: those from git and folders too, and one for each platform.
fn locked(lock: &Lock<'_>) -> Texts {
    lock.specs
        .iter()
        .map(|spec| match spec.platform {
            Some(platform) => format!("{}@{}-{platform}", spec.name, spec.version),
            None => format!("{}@{}", spec.name, spec.version),
        })
        .collect()
}

fn evidence(file: &str, line: u32) -> Evidence {
    Evidence {
        file: file.into(),
        line: Some(line),
    }
}
