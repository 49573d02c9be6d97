//! Requirements from manifests, versions from the lock.

use std::borrow::Cow;
use std::collections::BTreeMap;

use downriver_domain::Scope;
use downriver_version::{Format, PackageId, Requirement, Version};

use super::lock::{Index, Lock, LockPackage, split_at_space};
use super::manifest::{Manifest, Origin};
use super::workspace::{Asked, Project, Target};
use crate::graph::{Edge, Graph, Node, Root};
use crate::reading::{Problem, Reading, Source};

struct Join<'p, 'a> {
    project: &'p Project<'p>,
    lock: &'p Lock<'a>,
    index: &'p Index<'p>,
    graph: Graph<'a>,
    /// The nodes of the packages whose manifests were read, by folder.
    folders: BTreeMap<String, usize>,
    /// Which of the lock's packages those are.
    has_manifest: Vec<bool>,
    /// Nodes of what no lock holds.
    unlocked: BTreeMap<(String, Option<String>, Target), usize>,
}

pub(super) fn without_lock(project: &Project<'_>, reading: &mut Reading) {
    let lock = Lock {
        version: 0,
        packages: Vec::new(),
        references: 0,
    };
    if let Err(problem) = with_lock(project, "", lock, reading) {
        reading.problem(problem);
    }
}

pub(super) fn with_lock<'a>(
    project: &Project<'_>,
    path: &'a str,
    lock: Lock<'a>,
    reading: &mut Reading,
) -> Result<(), Problem> {
    let graph = build(project, path, &lock, reading)?;
    drop(lock);
    graph.into_reading(reading);
    Ok(())
}

fn build<'a>(
    project: &Project<'_>,
    path: &'a str,
    lock: &Lock<'a>,
    reading: &mut Reading,
) -> Result<Graph<'a>, Problem> {
    let mut join = Join {
        project,
        index: &Index::new(&lock.packages),
        graph: Graph::new(path),
        folders: BTreeMap::new(),
        has_manifest: vec![false; lock.packages.len()],
        unlocked: BTreeMap::new(),
        lock,
    };
    join.add_nodes()?;
    join.find_own_nodes()?;
    join.connect_packages(reading)?;
    for manifest in project.reached() {
        join.join_manifest(manifest)?;
    }
    join.add_roots_of_lock();
    Ok(join.graph)
}

impl Join<'_, '_> {
    fn add_nodes(&mut self) -> Result<(), Problem> {
        self.graph.nodes.reserve_exact(self.lock.packages.len());
        for package in &self.lock.packages {
            let mut source = package.comes_from();
            if let Some(replace) = &package.replace {
                // What stands in its place is all that is built.
                let by = self.index.find(&self.lock.packages, replace);
                source = by.map_or(Source::Path, |by| self.lock.packages[by].comes_from());
            }
            if source == Source::Workspace && self.project.patch(&package.name).is_some() {
                source = Source::Path;
            }
            self.graph.add(Node {
                package: PackageId::new(Format::Cargo, None, &package.name).ok(),
                name: package.name.clone(),
                version: Some(package.version.clone()),
                source,
                line: Some(package.line),
            })?;
        }
        Ok(())
    }

    /// Finds the nodes of the packages whose manifests were read, and adds those that no lock holds.
    fn find_own_nodes(&mut self) -> Result<(), Problem> {
        let mut local: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (index, package) in self.lock.packages.iter().enumerate() {
            if package.source.is_none() {
                local.insert((&package.name, &package.version), index);
            }
        }
        for manifest in self.project.reached() {
            let Some(package) = &manifest.package else {
                continue;
            };
            let shared = self.project.workspace_of(manifest);
            let version = package
                .version
                .or_inherited(shared.and_then(|shared| shared.version.as_ref()));
            let name = package.name.as_str();
            let exact = local.get(&(name, version.as_deref().unwrap_or("")));
            // The lock may be older than the version of a member.
            let any = || {
                let first = local.range((name, "")..).next();
                first
                    .filter(|((found, _), _)| *found == name)
                    .map(|(_, index)| index)
            };
            let node = if let Some(index) = exact.or_else(any) {
                self.has_manifest[*index] = true;
                *index
            } else {
                self.graph.add(Node {
                    package: PackageId::new(Format::Cargo, None, name).ok(),
                    name: Cow::Owned(name.to_owned()),
                    version: version.map(Cow::Owned),
                    source: Source::Workspace,
                    line: None,
                })?
            };
            self.folders.insert(manifest.folder().to_owned(), node);
        }
        Ok(())
    }

    /// Edges of the packages of which only the lock tells.
    fn connect_packages(&mut self, reading: &mut Reading) -> Result<(), Problem> {
        self.graph
            .edges
            .reserve_exact(self.lock.references.min(crate::limits::EDGES_MAX));
        let Self {
            lock,
            index,
            graph,
            has_manifest,
            ..
        } = self;
        let mut outcome = Ok(());
        for (from, package) in lock.packages.iter().enumerate() {
            if has_manifest[from] {
                continue;
            }
            package.references.for_each(|reference, line| {
                let Some(to) = follow(&lock.packages, index, reference) else {
                    let text = format!(
                        "says that `{}` needs `{reference}`, but holds no such package: run `cargo update --workspace`",
                        package.name
                    );
                    reading.problem(Problem::gap(graph.file, line.or(Some(package.line)), text));
                    return;
                };
                if outcome.is_ok() {
                    outcome = graph.connect(Edge {
                        from,
                        to,
                        requirement: None,
                        scope: Scope::Runtime,
                        line,
                    });
                }
            });
            outcome.clone()?;
        }
        outcome
    }

    fn join_manifest(&mut self, manifest: &Manifest) -> Result<(), Problem> {
        let from = self.folders.get(manifest.folder()).copied();
        let pulled = self.pulled_in_by(from);
        let is_own = self.project.is_own(manifest.folder());
        // What could not be resolved was said when the manifests were found.
        for asked in self
            .project
            .asked(manifest.folder(), &mut Reading::default())
        {
            let to = self.node_of(&asked, &pulled)?;
            if let Some(from) = from.filter(|_| asked.scope != Scope::Dev) {
                let index = self.graph.edges.len();
                self.graph
                    .told_elsewhere
                    .insert(index, asked.evidence.clone());
                self.graph.connect(Edge {
                    from,
                    to,
                    requirement: asked.requirement.clone().map(Cow::Owned),
                    scope: asked.scope,
                    line: None,
                })?;
            }
            if is_own {
                self.graph.roots.push(Root {
                    to,
                    requirement: asked.requirement.map(Cow::Owned),
                    scope: asked.scope,
                    evidence: asked.evidence,
                    is_direct: true,
                });
            }
        }
        Ok(())
    }

    fn pulled_in_by(&self, from: Option<usize>) -> BTreeMap<String, Vec<usize>> {
        let mut pulled: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let Some(package) = from.and_then(|from| self.lock.packages.get(from)) else {
            return pulled;
        };
        package.references.for_each(|reference, _| {
            if let Some(to) = follow(&self.lock.packages, self.index, reference) {
                let (name, _) = split_at_space(reference);
                pulled.entry(name.to_owned()).or_default().push(to);
            }
        });
        pulled
    }

    /// The node that answers to what a manifest asks for.
    fn node_of(
        &mut self,
        asked: &Asked,
        pulled: &BTreeMap<String, Vec<usize>>,
    ) -> Result<usize, Problem> {
        if let Target::Folder(folder) = &asked.target
            && let Some(node) = self.folders.get(folder)
        {
            return Ok(*node);
        }
        let candidates = pulled.get(&asked.name).map_or(&[][..], Vec::as_slice);
        if let Some(node) = self.choose(asked, candidates) {
            if asked.target == Target::Elsewhere
                && self.graph.nodes[node].source == Source::Workspace
            {
                self.graph.nodes[node].source = Source::Path;
            }
            return Ok(node);
        }
        let mut source = match &asked.target {
            Target::Registry => Source::Registry,
            Target::Git => Source::Git,
            Target::Folder(_) | Target::Elsewhere => Source::Path,
        };
        if let Some(patch) = self
            .project
            .patch(&asked.name)
            .filter(|_| source == Source::Registry)
        {
            source = match patch.origin {
                Origin::Git => Source::Git,
                Origin::Path(_) => Source::Path,
                Origin::Registry | Origin::Workspace => Source::Registry,
            };
        }
        let key = (
            asked.name.clone(),
            asked.requirement.clone(),
            asked.target.clone(),
        );
        if let Some(node) = self.unlocked.get(&key) {
            return Ok(*node);
        }
        let node = self.graph.add(Node {
            package: PackageId::new(Format::Cargo, None, &asked.name).ok(),
            name: Cow::Owned(asked.name.clone()),
            version: None,
            source,
            line: None,
        })?;
        self.unlocked.insert(key, node);
        Ok(node)
    }

    /// Of several versions of a package that the same package pulls in under different names, the one that is asked for.
    fn choose(&self, asked: &Asked, candidates: &[usize]) -> Option<usize> {
        let [first, _, ..] = candidates else {
            return candidates.first().copied();
        };
        let requirement = asked.requirement.as_deref();
        let requirement = requirement.and_then(|text| Requirement::parse(Format::Cargo, text).ok());
        let is_meant = |node: &usize| {
            let package = &self.lock.packages[*node];
            let comes_alike = match asked.target {
                Target::Registry => {
                    package.comes_from() != Source::Git || self.project.patch(&asked.name).is_some()
                }
                Target::Git => package.comes_from() == Source::Git,
                Target::Folder(_) | Target::Elsewhere => package.source.is_none(),
            };
            comes_alike
                && requirement
                    .as_ref()
                    .is_none_or(|requirement| admits(requirement, &package.version))
        };
        candidates.iter().copied().find(is_meant).or(Some(*first))
    }

    /// Members of which no manifest tells: what they need is asked for, without anybody knowing how.
    fn add_roots_of_lock(&mut self) {
        let knows_own = self.project.own().next().is_some();
        if knows_own && !self.project.is_workspace() {
            return;
        }
        let Self {
            lock,
            index,
            graph,
            has_manifest,
            ..
        } = self;
        let mut has_members = knows_own;
        for (from, package) in lock.packages.iter().enumerate() {
            if package.source.is_some()
                || has_manifest[from]
                || graph.nodes[from].source != Source::Workspace
            {
                continue;
            }
            has_members = true;
            package.references.for_each(|reference, line| {
                let Some(to) = follow(&lock.packages, index, reference) else {
                    return;
                };
                graph.roots.push(Root {
                    to,
                    requirement: None,
                    scope: Scope::Runtime,
                    evidence: graph.evidence(line.or(Some(package.line))),
                    is_direct: true,
                });
            });
        }
        if !has_members {
            graph.suppose_roots();
        }
    }
}

/// The package that a reference means, or what is built in its place.
fn follow(packages: &[LockPackage<'_>], index: &Index<'_>, reference: &str) -> Option<usize> {
    let found = index.find(packages, reference)?;
    let replace = packages[found].replace.as_deref();
    Some(
        replace
            .and_then(|by| index.find(packages, by))
            .unwrap_or(found),
    )
}

fn admits(requirement: &Requirement, version: &str) -> bool {
    Version::parse(Format::Cargo, version).is_ok_and(|version| requirement.admits(&version))
}
