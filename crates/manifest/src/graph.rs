//! What every lockfile comes down to: packages, who pulls in whom, and what the application itself asks for.

#[cfg(test)]
mod tests;
mod walk;
mod ways;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::PackageId;

use crate::limits::{EDGES_MAX, NODES_MAX};
use crate::reading::{FoundDependency, LeftOut, Problem, Reading, Source};
use crate::texts::{Texts, TextsBuilder};
use walk::{Reached, Walk};

pub(crate) use walk::Outgoing;
use ways::Ways;

/// The graph of one lockfile (or of a manifest alone: then every node is without a version).
#[derive(Debug, Default)]
pub(crate) struct Graph<'a> {
    /// The lockfile's path.
    pub(crate) file: &'a str,
    /// The same, for all evidence to share.
    shared_file: Arc<str>,
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) edges: Vec<Edge<'a>>,
    pub(crate) roots: Vec<Root<'a>>,
    /// What the file says that cannot be taken at its word; the rest holds.
    pub(crate) problems: Vec<Problem>,
    /// Edges, by index, whose requirement is not written in the lockfile: overrides, manifests of members.
    pub(crate) told_elsewhere: BTreeMap<usize, Evidence>,
}

/// An instance of a package.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// In the ecosystem's own words, normalised as it does: `@acme/ui`, `com.acme:money`, `acme-auth`.
    pub(crate) name: Cow<'a, str>,
    /// `None`: no package of this name can stand in CodeArtifact.
    pub(crate) package: Option<PackageId>,
    /// `None` where nothing locks it.
    pub(crate) version: Option<Cow<'a, str>>,
    pub(crate) source: Source,
    /// Where the lockfile holds it.
    pub(crate) line: Option<u32>,
}

impl Node<'_> {
    /// `name@version`, in parts.
    pub(crate) fn named(&self) -> Option<[&str; 3]> {
        Some([&self.name, "@", self.version.as_deref()?])
    }
}

/// Somebody pulls a package in.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) requirement: Option<Cow<'a, str>>,
    /// `Runtime`, unless the dependency is optional, a peer, or of the kind that only the application itself has.
    pub(crate) scope: Scope,
    /// Where the lockfile says so; that of who pulls it in if it is not known better.
    pub(crate) line: Option<u32>,
}

/// The application asks for a package.
#[derive(Debug)]
pub(crate) struct Root<'a> {
    pub(crate) to: usize,
    pub(crate) requirement: Option<Cow<'a, str>>,
    pub(crate) scope: Scope,
    /// Where it asks; the lockfile where no manifest does.
    pub(crate) evidence: Evidence,
    /// The application itself asks. False for what a flat lockfile holds without saying for whom.
    pub(crate) is_direct: bool,
}

/// In order of strength: what is needed at run time needs no other reason to be there.
pub(crate) const SCOPES: [Scope; 6] = [
    Scope::Runtime,
    Scope::Build,
    Scope::Optional,
    Scope::Peer,
    Scope::Dev,
    Scope::Test,
];

impl<'a> Graph<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Self {
            file,
            shared_file: file.into(),
            ..Self::default()
        }
    }

    /// Makes room for so many more nodes and edges, as far as they may be.
    pub(crate) fn reserve(&mut self, nodes: usize, edges: usize) {
        self.nodes.reserve_exact(nodes.min(NODES_MAX));
        self.edges.reserve_exact(edges.min(EDGES_MAX));
    }

    /// Adds a node and returns its index, or the problem that there are too many.
    pub(crate) fn add(&mut self, node: Node<'a>) -> Result<usize, Problem> {
        if self.nodes.len() >= NODES_MAX {
            let text = format!("has more than {NODES_MAX} packages");
            return Err(Problem::new(self.file, node.line, text));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    pub(crate) fn connect(&mut self, edge: Edge<'a>) -> Result<(), Problem> {
        if self.edges.len() >= EDGES_MAX {
            let text = format!("has more than {EDGES_MAX} dependencies between packages");
            return Err(Problem::new(self.file, None, text));
        }
        self.edges.push(edge);
        Ok(())
    }

    /// `name@version` of what comes from a registry.
    pub(crate) fn locked(&self) -> Texts {
        let nodes = self.nodes.iter();
        let of_registry = nodes.filter(|node| node.source == Source::Registry);
        let named = of_registry.filter_map(Node::named);
        named.collect::<TextsBuilder>().finish()
    }

    /// Where nothing says what the application asks for: what nobody else pulls in counts as asked for, and of packages that
    /// pull in each other the first.
    pub(crate) fn suppose_roots(&mut self) {
        let outgoing = Outgoing::new(self);
        let mut is_pulled_in = vec![false; self.nodes.len()];
        for edge in &self.edges {
            is_pulled_in[edge.to] |= edge.from != edge.to;
        }
        let mut is_reached = vec![false; self.nodes.len()];
        let alone = (0..self.nodes.len()).filter(|node| !is_pulled_in[*node]);
        let in_cycles = 0..self.nodes.len();
        for to in alone.chain(in_cycles) {
            if is_reached[to] {
                continue;
            }
            let mut open = vec![to];
            while let Some(node) = open.pop() {
                if !std::mem::replace(&mut is_reached[node], true) {
                    open.extend(outgoing.of(self, node));
                }
            }
            let node = &self.nodes[to];
            if node.source == Source::Workspace {
                continue;
            }
            self.roots.push(Root {
                to,
                requirement: None,
                scope: Scope::Runtime,
                evidence: self.evidence(node.line),
                is_direct: true,
            });
        }
    }

    /// Adds a dependency for each instance that a root reaches; what none reaches belongs to somebody else.
    ///
    /// The way shown is the shortest in the strongest scope. A member of the workspace is on the way but no dependency.
    pub(crate) fn into_reading(mut self, reading: &mut Reading) {
        for problem in std::mem::take(&mut self.problems) {
            reading.problem(problem);
        }
        let walk = Walk::new(&self);
        let mut ways = Ways::new(&self, &walk);
        reading.dependencies.reserve_exact(walk.reached_count());
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(first) = walk.reached[at] else {
                continue;
            };
            if node.source == Source::Workspace {
                continue;
            }
            let lock = node.version.as_ref().map(|_| self.evidence(node.line));
            let (requirement, evidence, is_direct) = self.asked(first);
            let package = node.package.as_ref();
            let Some(package) = package.filter(|_| node.source == Source::Registry) else {
                reading.left_out.push(LeftOut {
                    name: node.name.clone().into_owned(),
                    version: node.version.clone().map(Cow::into_owned),
                    source: node.source,
                    reason: reason(node.source).to_owned(),
                    evidence: lock.unwrap_or(evidence),
                });
                continue;
            };
            let (via, via_version) = ways.to(first);
            reading.dependencies.push(FoundDependency {
                package: package.clone(),
                requirement: requirement.map(|text| text.clone().into_owned()),
                locked: ways.version(at),
                is_direct,
                via,
                via_version,
                scopes: walk.scopes[at],
                evidence,
                lock,
            });
        }
    }

    /// What is asked of a node, where, and whether by the application itself.
    fn asked(&self, first: Reached) -> (Option<&Cow<'a, str>>, Evidence, bool) {
        match first {
            Reached::Root(root) => {
                let root = &self.roots[root as usize];
                let evidence = root.evidence.clone();
                (root.requirement.as_ref(), evidence, root.is_direct)
            }
            Reached::Edge(index) => {
                let edge = &self.edges[index as usize];
                let line = edge.line.or(self.nodes[edge.from].line);
                let elsewhere = self.told_elsewhere.get(&(index as usize)).cloned();
                let evidence = elsewhere.unwrap_or_else(|| self.evidence(line));
                (edge.requirement.as_ref(), evidence, false)
            }
        }
    }

    /// A line of the lockfile.
    pub(crate) fn evidence(&self, line: Option<u32>) -> Evidence {
        debug_assert_eq!(self.file, &*self.shared_file, "both are set by `new`");
        Evidence {
            file: self.shared_file.clone(),
            line,
        }
    }
}

pub(crate) const fn reason(source: Source) -> &'static str {
    match source {
        Source::Registry => "no package of this name can stand in CodeArtifact",
        Source::Git => "comes from git",
        Source::Url => "comes from an address, not from a registry",
        Source::Path => "comes from a file or folder",
        Source::Workspace => "is a member of the same workspace",
        Source::Platform => "is part of the platform",
    }
}
