//! What both kinds of lock come down to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Scope;
use downriver_version::{Format, PackageId};

use super::msbuild::normalise_name;
use super::normal_version;
use crate::graph::{Edge, Graph, Node};
use crate::reading::{Problem, Source};

/// A lock's graph, still without roots.
pub(super) struct Locked<'a> {
    pub(super) graph: Graph<'a>,
    pub(super) format: String,
    /// What the lock says that the project asks for.
    pub(super) direct: Vec<Direct<'a>>,
    /// Nodes by name in lower case.
    pub(super) by_name: BTreeMap<String, Vec<usize>>,
    /// Those that are pinned though nobody asks for them, and the requirement that does so.
    pub(super) pinned: BTreeMap<usize, Option<Cow<'a, str>>>,
    /// Nodes of projects whose files were read, by path.
    pub(super) projects: BTreeMap<String, usize>,
    nodes: BTreeMap<(String, String), usize>,
    edges: BTreeSet<(usize, usize)>,
}

pub(super) struct Direct<'a> {
    pub(super) to: usize,
    pub(super) requirement: Option<Cow<'a, str>>,
    pub(super) line: Option<u32>,
    pub(super) scope: Scope,
}

impl<'a> Locked<'a> {
    pub(super) fn new(path: &'a str, format: String) -> Self {
        Self {
            graph: Graph::new(path),
            format,
            direct: Vec::new(),
            by_name: BTreeMap::new(),
            pinned: BTreeMap::new(),
            projects: BTreeMap::new(),
            nodes: BTreeMap::new(),
            edges: BTreeSet::new(),
        }
    }

    /// The node of a package or project, one for each version however many frameworks have it.
    pub(super) fn node(
        &mut self,
        name: &str,
        version: Option<&str>,
        source: Source,
        line: Option<u32>,
    ) -> Result<usize, Problem> {
        let name = normalise_name(name);
        let version = version.map(normal_version);
        let key = (name.clone(), version.as_deref().unwrap_or("").to_owned());
        if let Some(node) = self.nodes.get(&key) {
            return Ok(*node);
        }
        let node = self.graph.add(Node {
            package: PackageId::new(Format::Nuget, None, &name).ok(),
            name: Cow::Owned(name.clone()),
            version,
            source,
            line,
        })?;
        self.nodes.insert(key, node);
        self.by_name.entry(name).or_default().push(node);
        Ok(node)
    }

    pub(super) fn connect(
        &mut self,
        from: usize,
        to: usize,
        requirement: Option<Cow<'a, str>>,
        line: Option<u32>,
    ) -> Result<(), Problem> {
        if !self.edges.insert((from, to)) {
            return Ok(());
        }
        self.graph.connect(Edge {
            from,
            to,
            requirement,
            scope: Scope::Runtime,
            line,
        })
    }
}
