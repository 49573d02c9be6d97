//! `pnpm-lock.yaml`, versions 5.0 to 9.0.

mod key;
mod written;

use std::borrow::Cow;
use std::collections::BTreeMap;

use downriver_domain::Scope;

use self::key::{Keys, without_suffix};
use self::written::{Dependency, Package, Parts, Plain, Written};
use super::instances::{Instances, name_end};
use super::package_json::{Cataloged, Declared, Manifest};
use super::workspace::{Importer, Lockfile, Workspace};
use super::yaml::{self, Entries, Text};
use crate::files::join_path;
use crate::graph::Edge;
use crate::lines::Lines;
use crate::reading::{Problem, Source};
use crate::texts::TextsBuilder;

/// Reads a lockfile, and joins it with the manifests.
pub(super) fn parse<'a>(
    path: &'a str,
    text: &'a str,
    workspace: &Workspace<'a>,
) -> Result<Lockfile<'a>, Problem> {
    let main = main_document(text);
    let lines = Lines::new(text);
    let version = version_of(main);
    let Some((version, keys)) = version.and_then(|text| Some((text, Keys::of_version(text)?)))
    else {
        let text = match version {
            Some(version) => format!("has lockfileVersion {version}: 5.0 to 9 can be read"),
            None => "has no lockfileVersion: run `pnpm install`".to_owned(),
        };
        return Err(Problem::new(path, None, text));
    };
    // Errors have the lines of the document, not those of the file.
    let above = lines.of(main).map_or(0, |line| line.saturating_sub(1));
    let in_file = |mut problem: Problem| {
        problem.line = problem.line.map(|line| line + above);
        problem
    };
    let reader = Reader {
        instances: Instances::new(path),
        format: format!("pnpm-lock.yaml v{version}"),
        lines,
        keys,
        by_key: BTreeMap::new(),
        members: BTreeMap::new(),
        overridden: BTreeMap::new(),
        locked: TextsBuilder::default(),
    };
    // Between versions 5 and 6 there are files that say 5 and have their requirements as 6 has them.
    let is_plain = keys == Keys::Slash && !version.contains("inlineSpecifiers");
    if is_plain && let Ok(written) = yaml::read::<Written<'a, Plain<'a>>>(path, main) {
        return reader.join(written, workspace);
    }
    let written: Written<'a, Dependency<'a>> = yaml::read(path, main).map_err(in_file)?;
    reader.join(written, workspace)
}

/// What a file that begins with `---` holds first is locked for pnpm itself (its configuration's dependencies); the
/// second document is the project's. Source: `extractMainDocument` in pnpm's `lockfile/fs`.
fn main_document(text: &str) -> &str {
    if !text.starts_with("---\n") && !text.starts_with("---\r\n") {
        return text;
    }
    let next = memchr::memmem::find_iter(text.as_bytes(), b"\n---")
        .find(|at| text[at + 4..].starts_with(['\n', '\r']));
    next.map_or("", |at| {
        text[at + 4..]
            .trim_start_matches('\r')
            .trim_start_matches('\n')
    })
}

/// It tells how the rest is to be read, and stands anywhere.
fn version_of(text: &str) -> Option<&str> {
    const KEY: &str = "lockfileVersion:";
    let mut rest = text;
    loop {
        if let Some(value) = rest.strip_prefix(KEY) {
            let value = value.lines().next().unwrap_or_default();
            let value = value.split(" #").next().unwrap_or_default();
            return Some(value.trim().trim_matches(['\'', '"']));
        }
        let next = memchr::memmem::find(rest.as_bytes(), b"\nlockfileVersion:")?;
        rest = &rest[next + 1..];
    }
}

struct Reader<'a> {
    instances: Instances<'a>,
    format: String,
    lines: Lines<'a>,
    keys: Keys,
    /// The node of each key with its suffixes.
    by_key: BTreeMap<Cow<'a, str>, usize>,
    /// The nodes of the members by their folder, from the workspace's.
    members: BTreeMap<String, usize>,
    /// The requirements that the application sets for whoever asks.
    overridden: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    locked: TextsBuilder,
}

/// The node of each dependency by the folder of its importer and its name there.
type Resolved<'a> = BTreeMap<(Cow<'a, str>, Cow<'a, str>), usize>;

/// What an importer asks for.
struct Asked<'a> {
    declared: Declared<'a>,
    reference: Cow<'a, str>,
}

impl<'a> Reader<'a> {
    fn join<D: Into<Dependency<'a>>>(
        mut self,
        written: Written<'a, D>,
        workspace: &Workspace<'a>,
    ) -> Result<Lockfile<'a>, Problem> {
        let Parts {
            overrides,
            catalogs,
            importers,
            packages,
            snapshots,
        } = written.into_parts();
        for (selector, requirement) in overrides.0 {
            if !selector.contains('>') && name_end(&selector).is_none() {
                self.overridden.insert(selector.0, requirement.0);
            }
        }
        let importers = self.importers(importers);
        let mut workspace = self.with_told(workspace, &importers);
        self.add_catalogs(&mut workspace, catalogs);
        let nodes = workspace.add_members(&mut self.instances.graph)?;
        let folders = workspace
            .importers
            .iter()
            .map(|importer| importer.folder.clone());
        self.members = folders.zip(nodes.iter().copied()).collect();
        for (key, package) in &packages.0 {
            self.add_package(key, package)?;
        }
        if snapshots.is_empty() {
            for (key, package) in packages.0 {
                let peers = package.peer_dependencies;
                self.connect(
                    &key.0,
                    package.dependencies,
                    package.optional_dependencies,
                    &peers,
                )?;
            }
        } else {
            self.connect_snapshots(packages, snapshots)?;
        }
        self.instances.unite_edges();
        let locked = self.resolve(importers)?;
        let Self {
            format,
            instances: Instances { mut graph, .. },
            ..
        } = self;
        workspace.connect_members(&mut graph, &nodes, |importer, declared| {
            locked
                .get(&(importer.folder.as_str().into(), declared.name.clone()))
                .copied()
        })?;
        for root in &mut graph.roots {
            root.requirement
                .take_if(|requirement| requirement.is_empty());
        }
        if graph.roots.is_empty() && !workspace.importers.iter().any(has_declared) {
            graph.suppose_roots();
        }
        Ok(Lockfile {
            format,
            locked: self.locked.finish(),
            graph,
            overrides: Vec::new(),
        })
    }

    fn connect_snapshots(
        &mut self,
        packages: Entries<'a, Package<'a>>,
        snapshots: Entries<'a, Package<'a>>,
    ) -> Result<(), Problem> {
        let peers: BTreeMap<Text<'a>, Entries<'a, Text<'a>>> = packages
            .0
            .into_iter()
            .filter(|(_, package)| !package.peer_dependencies.is_empty())
            .map(|(key, package)| (key, package.peer_dependencies))
            .collect();
        let none = Entries::default();
        for (key, snapshot) in &snapshots.0 {
            self.add_snapshot(key, snapshot)?;
        }
        for (key, snapshot) in snapshots.0 {
            let package = Text(Cow::Borrowed(without_suffix(&key)));
            let peers = peers.get(&package).unwrap_or(&none);
            self.connect(
                &key.0,
                snapshot.dependencies,
                snapshot.optional_dependencies,
                peers,
            )?;
        }
        Ok(())
    }

    fn add_package(&mut self, key: &Text<'a>, package: &Package<'a>) -> Result<(), Problem> {
        let line = self.lines.of(key);
        let parsed = self.keys.parse(&key.0);
        let name = parsed
            .name
            .or_else(|| package.name.clone().map(|name| name.0));
        let name = name.unwrap_or(Cow::Borrowed("?"));
        let source = if parsed.is_from_registry {
            Source::Registry
        } else {
            self.source(key, package)
        };
        if let Some(version) = parsed.version.as_ref()
            && (parsed.is_from_registry || self.keys == Keys::At)
        {
            self.locked.push([&name, "@", version]);
        }
        let version = match source {
            Source::Registry => parsed.version,
            _ => package
                .version
                .clone()
                .map(|version| version.0)
                .or(parsed.version),
        };
        let node = self.instances.add(name, version, source, line)?;
        self.by_key.insert(key.0.clone(), node);
        Ok(())
    }

    /// A snapshot is its package with certain peers.
    fn add_snapshot(&mut self, key: &Text<'a>, snapshot: &Package<'a>) -> Result<(), Problem> {
        if let Some(node) = self.by_key.get(without_suffix(key)) {
            self.by_key.insert(key.0.clone(), *node);
            return Ok(());
        }
        self.add_package(key, snapshot)
    }

    fn source(&self, key: &str, package: &Package<'a>) -> Source {
        let resolution = &package.resolution;
        let kind = resolution.kind.as_deref().unwrap_or_default();
        if let Some(folder) = resolution.directory.as_deref() {
            let is_member =
                join_path("", folder).is_some_and(|folder| self.members.contains_key(&folder));
            return if is_member {
                Source::Workspace
            } else {
                Source::Path
            };
        }
        if kind == "variations" || kind == "binary" || key.contains("@runtime:") {
            return Source::Platform;
        }
        if key.starts_with("file:") || key.contains("@file:") || key.contains("@link:") {
            return Source::Path;
        }
        let tarball = resolution.tarball.as_deref().unwrap_or_default();
        let is_git = kind == "git"
            || ["git+", "git:", "git@", ".git", "codeload.github.com"]
                .iter()
                .any(|mark| tarball.contains(mark) || key.contains(mark))
            || ["github.com/", "gitlab.com/", "bitbucket.org/"]
                .iter()
                .any(|host| key.trim_start_matches('@').starts_with(host));
        if is_git { Source::Git } else { Source::Url }
    }

    fn connect(
        &mut self,
        key: &str,
        dependencies: Entries<'a, Text<'a>>,
        optional: Entries<'a, Text<'a>>,
        peers: &Entries<'a, Text<'a>>,
    ) -> Result<(), Problem> {
        let Some(from) = self.by_key.get(key).copied() else {
            return Ok(());
        };
        let peers: BTreeMap<&str, &Cow<'a, str>> = peers
            .iter()
            .map(|(name, requirement)| (&**name, &requirement.0))
            .collect();
        for (scope, entries) in [(Scope::Runtime, dependencies), (Scope::Optional, optional)] {
            for (name, reference) in entries.0 {
                let line = self.lines.of(&name);
                let Some(to) = self.find("", &name, &reference) else {
                    continue;
                };
                let peer = peers.get(&*name).copied();
                let scope = if peer.is_some() { Scope::Peer } else { scope };
                let requirement = self.overridden.get(&*name).or(peer).cloned();
                let edge = Edge {
                    from,
                    to,
                    requirement,
                    scope,
                    line,
                };
                self.instances.graph.connect(edge)?;
            }
        }
        Ok(())
    }

    /// The node that a reference means; `folder` is that of who refers to it.
    fn find(&self, folder: &str, name: &str, reference: &str) -> Option<usize> {
        if let Some(linked) = reference.strip_prefix("link:") {
            return self.members.get(&join_path(folder, linked)?).copied();
        }
        let keys = self.keys.of_reference(name, reference);
        let exact = keys.iter().find_map(|key| self.by_key.get(&**key));
        let node = exact.or_else(|| {
            keys.iter()
                .find_map(|key| self.by_key.get(without_suffix(key)))
        });
        node.copied()
    }

    /// What each importer asks for, by folder; those outside of the workspace's cannot be asked for.
    fn importers<D: Into<Dependency<'a>>>(
        &self,
        importers: Entries<'a, written::Importer<'a, D>>,
    ) -> BTreeMap<String, Vec<Asked<'a>>> {
        let mut by_folder = BTreeMap::new();
        for (folder, importer) in importers.0 {
            let Some(folder) = join_path("", &folder) else {
                continue;
            };
            let (specifiers, sections) = importer.into_sections();
            let specifiers: BTreeMap<Text<'a>, Text<'a>> = specifiers.0.into_iter().collect();
            let mut asked = Vec::new();
            for (scope, entries) in sections {
                for (name, dependency) in entries.0 {
                    let Dependency { specifier, version } = dependency.into();
                    let specifier = specifier.or_else(|| specifiers.get(&name).cloned());
                    let declared = Declared {
                        line: self.lines.of(&name),
                        name: name.0,
                        requirement: specifier.unwrap_or_default().0,
                        scope,
                        is_optional_peer: false,
                    };
                    let reference = version.unwrap_or_default().0;
                    asked.push(Asked {
                        declared,
                        reference,
                    });
                }
            }
            by_folder.insert(folder, asked);
        }
        by_folder
    }

    /// The workspace with the importers that no manifest tells of.
    fn with_told(
        &self,
        workspace: &Workspace<'a>,
        importers: &BTreeMap<String, Vec<Asked<'a>>>,
    ) -> Workspace<'a> {
        let known = workspace.importer_folders();
        let told = importers
            .iter()
            .filter(|(folder, _)| !known.contains_key(*folder));
        let told = told.map(|(folder, asked)| Importer {
            folder: folder.clone(),
            manifest: Manifest {
                path: self.instances.graph.file,
                declared: asked.iter().map(|asked| asked.declared.clone()).collect(),
                ..Manifest::default()
            },
        });
        workspace.with(told.collect())
    }

    /// What the lockfile repeats of the catalogs counts where these are not told.
    fn add_catalogs(&self, workspace: &mut Workspace<'a>, catalogs: written::Catalogs<'a>) {
        for (catalog, lines) in catalogs.0 {
            for (name, dependency) in lines.0 {
                let Some(Text(requirement)) = dependency.specifier else {
                    continue;
                };
                let evidence = self.instances.graph.evidence(self.lines.of(&name));
                let catalog = catalog.0.clone();
                workspace.catalogs.push(Cataloged {
                    catalog,
                    name: name.0,
                    requirement,
                    evidence,
                });
            }
        }
    }

    fn resolve(
        &mut self,
        importers: BTreeMap<String, Vec<Asked<'a>>>,
    ) -> Result<Resolved<'a>, Problem> {
        let mut resolved = BTreeMap::new();
        for (folder, asked) in importers {
            for Asked {
                declared,
                reference,
            } in asked
            {
                if let Some(node) = self.resolve_one(&folder, &declared, &reference)? {
                    resolved.insert((Cow::Owned(folder.clone()), declared.name), node);
                }
            }
        }
        Ok(resolved)
    }

    fn resolve_one(
        &mut self,
        folder: &str,
        declared: &Declared<'a>,
        reference: &str,
    ) -> Result<Option<usize>, Problem> {
        let found = self.find(folder, &declared.name, reference);
        if found.is_some() || reference.is_empty() {
            return Ok(found);
        }
        if reference.starts_with("link:") {
            // A member that the lockfile leaves out, or a folder that is none.
            let is_member = declared.spec().source == Source::Workspace;
            let source = if is_member {
                Source::Workspace
            } else {
                Source::Path
            };
            return self
                .instances
                .add(declared.name.clone(), None, source, declared.line)
                .map(Some);
        }
        let text = format!(
            "has no entry for `{}` {reference}: run `pnpm install`",
            declared.name
        );
        let graph = &mut self.instances.graph;
        graph
            .problems
            .push(Problem::new(graph.file, declared.line, text));
        Ok(None)
    }
}

fn has_declared(importer: &Importer<'_>) -> bool {
    !importer.manifest.declared.is_empty()
}
