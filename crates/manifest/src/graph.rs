//! What every lockfile comes down to: packages, who pulls in whom, and what the application itself asks for.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_domain::{Evidence, Scope};
use downriver_version::PackageId;

use crate::limits::{EDGES_MAX, NODES_MAX, VIA_MAX, VIAS_MAX};
use crate::reading::{FoundDependency, LeftOut, Problem, Reading, Source};

/// The graph of one lockfile (or of a manifest alone: then every node is without a version).
#[derive(Debug, Default)]
pub(crate) struct Graph<'a> {
    /// The lockfile's path.
    pub(crate) file: &'a str,
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

/// How a node was reached first, in its strongest scope.
#[derive(Debug, Clone, Copy)]
enum Reached {
    Root(usize),
    Edge(usize),
}

impl<'a> Graph<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Self {
            file,
            ..Self::default()
        }
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
    pub(crate) fn locked(&self) -> BTreeSet<String> {
        self.nodes
            .iter()
            .filter(|node| node.source == Source::Registry)
            .filter_map(|node| Some(format!("{}@{}", node.name, node.version.as_ref()?)))
            .collect()
    }

    /// Where nothing says what the application asks for: what nobody else pulls in counts as asked for, and of packages that
    /// pull in each other the first.
    pub(crate) fn suppose_roots(&mut self) {
        let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let mut is_pulled_in = vec![false; self.nodes.len()];
        for edge in &self.edges {
            outgoing[edge.from].push(edge.to);
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
                    open.extend(&outgoing[node]);
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
                evidence: Evidence {
                    file: self.file.to_owned(),
                    line: node.line,
                },
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
        let (reached, scopes) = self.reach(&Outgoing::new(&self));
        let outermost = self.outermost(&reached);
        let mut vias = 0_usize;
        reading
            .dependencies
            .reserve_exact(reached.iter().flatten().count());
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(first) = reached[at] else { continue };
            if node.source == Source::Workspace {
                continue;
            }
            let lock = node.version.as_ref().map(|_| self.evidence(node.line));
            let (requirement, evidence, is_direct) = match first {
                Reached::Root(root) => {
                    let root = &self.roots[root];
                    (
                        root.requirement.as_ref(),
                        root.evidence.clone(),
                        root.is_direct,
                    )
                }
                Reached::Edge(index) => {
                    let edge = &self.edges[index];
                    let line = edge.line.or(self.nodes[edge.from].line);
                    let elsewhere = self.told_elsewhere.get(&index).cloned();
                    let evidence = elsewhere.unwrap_or_else(|| self.evidence(line));
                    (edge.requirement.as_ref(), evidence, false)
                }
            };
            let Some(package) = node
                .package
                .clone()
                .filter(|_| node.source == Source::Registry)
            else {
                reading.left_out.push(LeftOut {
                    name: node.name.clone().into_owned(),
                    version: node.version.clone().map(Cow::into_owned),
                    source: node.source,
                    reason: reason(node.source).to_owned(),
                    evidence: lock.unwrap_or(evidence),
                });
                continue;
            };
            let (mut via, via_version) = self.way_to(at, &reached, &outermost);
            vias = vias.saturating_add(via.len());
            if vias > VIAS_MAX {
                via.truncate(1);
                via.shrink_to_fit();
            }
            reading.dependencies.push(FoundDependency {
                package,
                requirement: requirement.map(|text| text.clone().into_owned()),
                locked: node.version.clone().map(Cow::into_owned),
                is_direct,
                via,
                via_version,
                scopes: SCOPES
                    .into_iter()
                    .filter(|scope| scopes[at] & bit(*scope) != 0)
                    .collect(),
                evidence,
                lock,
            });
        }
    }

    /// Walks from the roots, strongest scope first, each scope in breadth.
    fn reach(&self, outgoing: &Outgoing) -> (Vec<Option<Reached>>, Vec<u8>) {
        let mut reached: Vec<Option<Reached>> = vec![None; self.nodes.len()];
        let mut scopes = vec![0_u8; self.nodes.len()];
        let mut open: Vec<VecDeque<(usize, Reached)>> = vec![VecDeque::new(); SCOPES.len()];
        for is_direct in [true, false] {
            for (index, root) in self.roots.iter().enumerate() {
                if root.is_direct == is_direct {
                    open[rank(root.scope)].push_back((root.to, Reached::Root(index)));
                }
            }
            for at in 0..SCOPES.len() {
                while let Some((node, how)) = open[at].pop_front() {
                    let scope = SCOPES[at];
                    if scopes[node] & bit(scope) != 0 {
                        continue;
                    }
                    scopes[node] |= bit(scope);
                    reached[node].get_or_insert(how);
                    for edge in outgoing.of(node) {
                        let index = *edge as usize;
                        let edge = &self.edges[index];
                        // What an optional or dev dependency needs is there for the same reason.
                        let scope = if scope == Scope::Runtime {
                            edge.scope
                        } else {
                            scope
                        };
                        // An edge back to a stronger scope cannot be: `scope` is Runtime only in its own turn.
                        open[rank(scope).max(at)].push_back((edge.to, Reached::Edge(index)));
                    }
                }
            }
        }
        (reached, scopes)
    }

    /// For each node, from where on the way to it is walked back: itself, or where the way reaches [`VIA_MAX`]. Without it
    /// one long chain would take as many steps as the square of its length.
    fn outermost(&self, reached: &[Option<Reached>]) -> Vec<u32> {
        let mut depths: Vec<Option<(u32, u32)>> = vec![None; self.nodes.len()];
        let mut open = Vec::new();
        for start in 0..self.nodes.len() {
            let mut at = start;
            // Back to what is known already, or to a root.
            while depths[at].is_none() {
                open.push(at);
                let Some(Reached::Edge(edge)) = reached[at] else {
                    break;
                };
                at = self.edges[edge].from;
            }
            while let Some(node) = open.pop() {
                let own = u32::try_from(node).unwrap_or(u32::MAX);
                depths[node] = Some(match reached[node] {
                    Some(Reached::Edge(edge)) => match depths[self.edges[edge].from] {
                        Some((depth, cut)) if depth as usize >= VIA_MAX => (depth, cut),
                        Some((depth, _)) => (depth + 1, own),
                        None => (0, own),
                    },
                    _ => (0, own),
                });
            }
        }
        depths
            .into_iter()
            .map(|known| known.map_or(0, |(_, cut)| cut))
            .collect()
    }

    /// The packages on the way to a node, outermost first, and the version of the last.
    fn way_to(
        &self,
        node: usize,
        reached: &[Option<Reached>],
        outermost: &[u32],
    ) -> (Vec<PackageId>, Option<String>) {
        let Some(Reached::Edge(edge)) = reached[node] else {
            return (Vec::new(), None);
        };
        let last = self.edges[edge].from;
        let version = self.nodes[last].version.clone().map(Cow::into_owned);
        let mut way = Vec::new();
        let mut at = outermost[last] as usize;
        // Bounded by the longest way that is shown.
        for _ in 0..=VIA_MAX {
            way.extend(self.nodes[at].package.clone());
            let Some(Reached::Edge(edge)) = reached[at] else {
                break;
            };
            at = self.edges[edge].from;
        }
        way.reverse();
        way.truncate(VIA_MAX);
        (way, version)
    }

    fn evidence(&self, line: Option<u32>) -> Evidence {
        Evidence {
            file: self.file.to_owned(),
            line,
        }
    }
}

/// The edges of each node, side by side.
struct Outgoing {
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Outgoing {
    fn new(graph: &Graph<'_>) -> Self {
        let mut starts = vec![0_u32; graph.nodes.len() + 1];
        for edge in &graph.edges {
            starts[edge.from + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut edges = vec![0; graph.edges.len()];
        for (index, edge) in (0..).zip(&graph.edges) {
            let at = &mut next[edge.from];
            edges[*at as usize] = index;
            *at += 1;
        }
        Self { starts, edges }
    }

    fn of(&self, node: usize) -> &[u32] {
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

fn rank(scope: Scope) -> usize {
    SCOPES.iter().position(|known| *known == scope).unwrap_or(0)
}

fn bit(scope: Scope) -> u8 {
    1 << rank(scope)
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
