//! What every Python lockfile comes down to, and how it is joined with what manifests ask for.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_domain::Scope;
use downriver_version::{Format, PackageId, Requirement, Version};

use crate::graph::{Edge, Graph, Node, Root};
use crate::pypi::declared::Declared;
use crate::reading::{FileSummary, Problem, Source};

/// A lockfile as it was read.
#[derive(Debug)]
pub(super) struct Lock<'a> {
    pub(super) path: &'a str,
    /// As people name it: `poetry.lock 2.1`.
    pub(super) format: String,
    pub(super) packages: Vec<Locked<'a>>,
    /// It does not say who pulls in whom.
    pub(super) is_flat: bool,
    /// Poetry and PDM list what comes from git or a folder with its version, like everything else: it counts as locked.
    pub(super) counts_every_source: bool,
}

/// A package that is locked.
#[derive(Debug)]
pub(super) struct Locked<'a> {
    /// Normalised.
    pub(super) name: Cow<'a, str>,
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) source: Source,
    pub(super) line: Option<u32>,
    /// What the lockfile says that it is there for.
    pub(super) scope: Option<Scope>,
    pub(super) needs: Vec<Need<'a>>,
}

/// A package that another one pulls in.
#[derive(Debug)]
pub(super) struct Need<'a> {
    /// Normalised.
    pub(super) name: Cow<'a, str>,
    pub(super) requirement: Option<Cow<'a, str>>,
    /// The very version, where the lockfile tells.
    pub(super) version: Option<Cow<'a, str>>,
    /// The extras asked of it, normalised.
    pub(super) extras: Vec<Cow<'a, str>>,
    /// Only if one of these extras of the package that needs it is asked for, normalised; empty for always.
    pub(super) only_with: Vec<Cow<'a, str>>,
    pub(super) line: Option<u32>,
}

impl<'a> Need<'a> {
    pub(super) fn new(name: Cow<'a, str>) -> Self {
        Self {
            name,
            requirement: None,
            version: None,
            extras: Vec::new(),
            only_with: Vec::new(),
            line: None,
        }
    }
}

/// Every source that a lockfile may name.
const SOURCES: [Source; 6] = [
    Source::Registry,
    Source::Git,
    Source::Url,
    Source::Path,
    Source::Workspace,
    Source::Platform,
];

/// What to make of packages that nothing declared reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// The lockfile is the application's own: they are there for it, though no file tells why.
    Own,
    /// Other members of the workspace need them.
    Others,
    /// There is no manifest: what nobody pulls in is what the application asks for.
    Supposed,
}

/// The graph while it is built.
struct Building<'a> {
    graph: Graph<'a>,
    by_name: BTreeMap<Cow<'a, str>, Vec<usize>>,
    by_version: BTreeMap<Instance<'a>, usize>,
    scopes: Vec<Option<Scope>>,
}

/// Name, version and source.
type Instance<'a> = (Cow<'a, str>, Option<Cow<'a, str>>, Source);

/// Versions of one package among which the requirement chooses. Real lockfiles have a handful; of more, all are meant.
const VERSIONS_MAX: usize = 64;

impl<'a> Lock<'a> {
    pub(super) fn summary(&self) -> FileSummary {
        let counted = self.packages.iter();
        let counted = counted
            .filter(|package| self.counts_every_source || package.source == Source::Registry);
        FileSummary {
            path: self.path.to_owned(),
            format: self.format.clone(),
            locked: counted
                .filter_map(|package| {
                    Some(format!("{}@{}", package.name, package.version.as_ref()?))
                })
                .collect(),
            declared: 0,
        }
    }

    /// The graph from what is declared.
    pub(super) fn join(self, declared: &[Declared], rest: Rest) -> Result<Graph<'a>, Problem> {
        let is_flat = self.is_flat;
        let mut building = Building {
            graph: Graph::new(self.path),
            by_name: BTreeMap::new(),
            by_version: BTreeMap::new(),
            scopes: Vec::new(),
        };
        let asked = asked_extras(&self.packages, declared);
        let needs = building.add_packages(self.packages)?;
        for (from, needs) in needs {
            for need in &needs {
                building.connect(from, need, &asked)?;
            }
        }
        for declared in declared {
            building.ask(declared)?;
        }
        building.add_rest(rest, is_flat);
        Ok(building.graph)
    }
}

/// Every extra that anybody asks for, with the package it is asked of.
fn asked_extras<'a>(
    packages: &[Locked<'a>],
    declared: &[Declared],
) -> BTreeSet<(Cow<'a, str>, Cow<'a, str>)> {
    let needs = packages.iter().flat_map(|package| &package.needs);
    let by_packages = needs.flat_map(|need| {
        let extras = need.extras.iter().cloned();
        extras.map(|extra| (need.name.clone(), extra))
    });
    let by_manifests = declared.iter().flat_map(|declared| {
        let extras = declared.extras.iter().cloned();
        extras.map(|extra| (Cow::Owned(declared.name.clone()), Cow::Owned(extra)))
    });
    by_packages.chain(by_manifests).collect()
}

type NeedsOf<'a> = Vec<(usize, Vec<Need<'a>>)>;

impl<'a> Building<'a> {
    /// A node for each name, version and source: a package locked for several extras or markers is one.
    fn add_packages(&mut self, packages: Vec<Locked<'a>>) -> Result<NeedsOf<'a>, Problem> {
        let mut needs = Vec::with_capacity(packages.len());
        for package in packages {
            let key = (
                package.name.clone(),
                package.version.clone(),
                package.source,
            );
            let same = self.by_version.get(&key).copied();
            let at = match same {
                Some(at) => at,
                None => self.add(package.name, package.version, package.source, package.line)?,
            };
            self.scopes[at] = stronger(self.scopes[at], package.scope);
            needs.push((at, package.needs));
        }
        Ok(needs)
    }

    fn add(
        &mut self,
        name: Cow<'a, str>,
        version: Option<Cow<'a, str>>,
        source: Source,
        line: Option<u32>,
    ) -> Result<usize, Problem> {
        let at = self.graph.add(Node {
            package: PackageId::new(Format::Pypi, None, &name).ok(),
            name: name.clone(),
            version: version.clone(),
            source,
            line,
        })?;
        self.by_name.entry(name.clone()).or_default().push(at);
        self.by_version.insert((name, version, source), at);
        self.scopes.push(None);
        Ok(at)
    }

    fn connect(
        &mut self,
        from: usize,
        need: &Need<'a>,
        asked: &BTreeSet<(Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<(), Problem> {
        let name = &self.graph.nodes[from].name;
        let is_wanted = need.only_with.is_empty()
            || need
                .only_with
                .iter()
                .any(|extra| asked.contains(&(name.clone(), extra.clone())));
        if !is_wanted {
            return Ok(());
        }
        let targets = self.targets(
            &need.name,
            need.requirement.as_deref(),
            need.version.as_deref(),
        );
        for to in targets.into_iter().filter(|to| *to != from) {
            self.graph.connect(Edge {
                from,
                to,
                requirement: need.requirement.clone(),
                scope: Scope::Runtime,
                line: need.line,
            })?;
        }
        Ok(())
    }

    /// The nodes that a name stands for: of several versions that of `version`, else those that the requirement admits,
    /// else all.
    fn targets(&self, name: &str, requirement: Option<&str>, version: Option<&str>) -> Vec<usize> {
        let all = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        if all.len() < 2 {
            return all.to_vec();
        }
        if let Some(version) = version {
            let exact = SOURCES.iter().filter_map(|source| {
                let key = (Cow::Borrowed(name), Some(Cow::Borrowed(version)), *source);
                self.by_version.get(&key).copied()
            });
            let exact: Vec<usize> = exact.collect();
            return if exact.is_empty() {
                all.to_vec()
            } else {
                exact
            };
        }
        let requirement = requirement
            .filter(|_| all.len() <= VERSIONS_MAX)
            .and_then(|text| Requirement::parse(Format::Pypi, text).ok());
        let Some(requirement) = requirement else {
            return all.to_vec();
        };
        let is_admitted = |node: &usize| {
            self.graph.nodes[*node]
                .version
                .as_ref()
                .is_some_and(|version| {
                    Version::parse(Format::Pypi, version)
                        .is_ok_and(|version| requirement.admits_with_prereleases(&version))
                })
        };
        let fitting: Vec<usize> = all.iter().copied().filter(is_admitted).collect();
        if fitting.is_empty() {
            all.to_vec()
        } else {
            fitting
        }
    }

    fn ask(&mut self, declared: &Declared) -> Result<(), Problem> {
        // A build's own tools are installed apart from what is locked.
        let targets = match declared.scope {
            Scope::Build => Vec::new(),
            _ => self.targets(&declared.name, declared.requirement.as_deref(), None),
        };
        let targets = match &*targets {
            [] => vec![self.add_unlocked(declared)?],
            _ => targets,
        };
        for to in targets {
            self.graph.roots.push(Root {
                to,
                requirement: declared.requirement.clone().map(Cow::Owned),
                scope: declared.scope,
                evidence: declared.evidence.clone(),
                is_direct: true,
            });
        }
        Ok(())
    }

    /// A node that nothing locks: not in `by_name`, so that each requirement has its own.
    fn add_unlocked(&mut self, declared: &Declared) -> Result<usize, Problem> {
        let at = self.graph.add(Node {
            name: Cow::Owned(declared.name.clone()),
            package: PackageId::new(Format::Pypi, None, &declared.name).ok(),
            version: None,
            source: declared.source,
            line: None,
        })?;
        self.scopes.push(None);
        Ok(at)
    }

    fn add_rest(&mut self, rest: Rest, is_flat: bool) {
        if rest == Rest::Others {
            return;
        }
        let mut outgoing: Vec<Vec<u32>> = vec![Vec::new(); self.graph.nodes.len()];
        let mut is_needed = vec![false; self.graph.nodes.len()];
        for edge in &self.graph.edges {
            outgoing[edge.from].push(u32::try_from(edge.to).unwrap_or(u32::MAX));
            is_needed[edge.to] = true;
        }
        let mut is_reached = vec![false; self.graph.nodes.len()];
        for root in &self.graph.roots {
            walk(root.to, &outgoing, &mut is_reached);
        }
        // First what nobody needs; then what only members of a circle need.
        for is_circle in [false, true] {
            for at in 0..self.graph.nodes.len() {
                if is_reached[at] || (is_needed[at] && !is_circle) {
                    continue;
                }
                walk(at, &outgoing, &mut is_reached);
                let root = Root {
                    to: at,
                    requirement: None,
                    scope: self.scopes[at].unwrap_or(Scope::Runtime),
                    evidence: self.graph.evidence(self.graph.nodes[at].line),
                    is_direct: rest == Rest::Supposed && !is_flat && !is_circle,
                };
                self.graph.roots.push(root);
            }
        }
    }
}

fn walk(from: usize, outgoing: &[Vec<u32>], is_reached: &mut [bool]) {
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if std::mem::replace(&mut is_reached[at], true) {
            continue;
        }
        open.extend(outgoing[at].iter().map(|to| *to as usize));
    }
}

/// What is needed at run time needs no other reason.
pub(super) fn stronger(one: Option<Scope>, other: Option<Scope>) -> Option<Scope> {
    let rank = |scope: Scope| {
        crate::graph::SCOPES
            .iter()
            .position(|known| *known == scope)
    };
    match (one, other) {
        (Some(one), Some(other)) if rank(other) < rank(one) => Some(other),
        (None, other) => other,
        (one, _) => one,
    }
}

/// What is declared where nothing is locked.
pub(super) fn unlocked<'a>(path: &'a str, declared: &[Declared]) -> Result<Graph<'a>, Problem> {
    let lock = Lock {
        path,
        format: String::new(),
        packages: Vec::new(),
        is_flat: false,
        counts_every_source: false,
    };
    lock.join(declared, Rest::Others)
}
