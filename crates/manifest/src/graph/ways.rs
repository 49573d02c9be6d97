//! The ways to the nodes of a graph, as they are shown.

use std::sync::Arc;

use downriver_version::PackageId;

use super::Graph;
use super::walk::{Reached, Walk};
use crate::limits::{VIA_MAX, VIAS_MAX};

/// What one package pulls in is reached by the same way, and shares it.
pub(super) struct Ways<'g, 'a> {
    graph: &'g Graph<'a>,
    reached: &'g [Option<Reached>],
    /// For each node, from where on the way to it is walked back.
    outermost: Vec<u32>,
    /// To what each node pulls in, that node itself last; `None` until somebody asks.
    through: Vec<Option<Arc<[PackageId]>>>,
    /// That of each node that is reached, to be shared as well.
    versions: Vec<Option<Arc<str>>>,
    /// Packages on all ways that were asked for.
    vias: usize,
}

impl<'g, 'a> Ways<'g, 'a> {
    pub(super) fn new(graph: &'g Graph<'a>, walk: &'g Walk) -> Self {
        let reached = &walk.reached;
        let versions = graph.nodes.iter().zip(reached).map(|(node, reached)| {
            let version = node.version.as_deref().filter(|_| reached.is_some());
            version.map(Arc::from)
        });
        Self {
            graph,
            reached,
            outermost: outermost(graph, reached),
            through: vec![None; graph.nodes.len()],
            versions: versions.collect(),
            vias: 0,
        }
    }

    /// The packages on the way to what was reached like this, outermost first, and the version of the last.
    pub(super) fn to(&mut self, first: Reached) -> (Arc<[PackageId]>, Option<Arc<str>>) {
        let Reached::Edge(edge) = first else {
            return (Arc::default(), None);
        };
        let last = self.graph.edges[edge as usize].from;
        let known = self.through[last].take();
        let mut way = known.unwrap_or_else(|| self.walk_back(last));
        self.vias = self.vias.saturating_add(way.len());
        if self.vias > VIAS_MAX && way.len() > 1 {
            way = Arc::from(&way[..1]);
        }
        self.through[last] = Some(way.clone());
        (way, self.version(last))
    }

    pub(super) fn version(&self, node: usize) -> Option<Arc<str>> {
        self.versions[node].clone()
    }

    fn walk_back(&self, last: usize) -> Arc<[PackageId]> {
        let mut way = Vec::new();
        let mut at = self.outermost[last] as usize;
        // Bounded by the longest way that is shown.
        for _ in 0..=VIA_MAX {
            way.extend(self.graph.nodes[at].package.as_ref());
            let Some(Reached::Edge(edge)) = self.reached[at] else {
                break;
            };
            at = self.graph.edges[edge as usize].from;
        }
        let shown = way.into_iter().rev().take(VIA_MAX);
        shown.cloned().collect()
    }
}

/// For each node, from where on the way to it is walked back: itself, or where the way reaches [`VIA_MAX`]. Without it one
/// long chain would take as many steps as the square of its length.
fn outermost(graph: &Graph<'_>, reached: &[Option<Reached>]) -> Vec<u32> {
    let from = |how: Option<Reached>| match how {
        Some(Reached::Edge(edge)) => Some(graph.edges[edge as usize].from),
        _ => None,
    };
    let mut depths: Vec<Option<(u32, u32)>> = vec![None; graph.nodes.len()];
    let mut open = Vec::new();
    for start in 0..graph.nodes.len() {
        let mut at = start;
        // Back to what is known already, or to a root.
        while depths[at].is_none() {
            open.push(at);
            let Some(before) = from(reached[at]) else {
                break;
            };
            at = before;
        }
        while let Some(node) = open.pop() {
            let own = u32::try_from(node).unwrap_or(u32::MAX);
            depths[node] = Some(match from(reached[node]).map(|before| depths[before]) {
                Some(Some((depth, cut))) if depth as usize >= VIA_MAX => (depth, cut),
                Some(Some((depth, _))) => (depth + 1, own),
                Some(None) | None => (0, own),
            });
        }
    }
    let known = depths.into_iter();
    known.map(|known| known.map_or(0, |(_, cut)| cut)).collect()
}
