//! Who is reached from what the application asks for, how first, and in which scopes.

use std::collections::VecDeque;

use downriver_domain::Scope;

use super::{Graph, SCOPES};
use crate::scopes::Scopes;

/// How a node was reached first, in its strongest scope: by which root or which edge.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reached {
    Root(u32),
    Edge(u32),
}

/// The walk from the roots, strongest scope first, each scope in breadth. Both by node.
pub(super) struct Walk {
    pub(super) reached: Vec<Option<Reached>>,
    pub(super) scopes: Vec<Scopes>,
}

impl Walk {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let outgoing = Outgoing::new(graph);
        let mut reached: Vec<Option<Reached>> = vec![None; graph.nodes.len()];
        let mut scopes = vec![Scopes::default(); graph.nodes.len()];
        let mut open: Vec<VecDeque<(usize, Reached)>> = vec![VecDeque::new(); SCOPES.len()];
        for is_direct in [true, false] {
            for (index, root) in (0..).zip(&graph.roots) {
                if root.is_direct == is_direct {
                    open[rank(root.scope)].push_back((root.to, Reached::Root(index)));
                }
            }
            for at in 0..SCOPES.len() {
                while let Some((node, how)) = open[at].pop_front() {
                    let scope = SCOPES[at];
                    if !scopes[node].insert(scope) {
                        continue;
                    }
                    reached[node].get_or_insert(how);
                    for index in outgoing.edges_of(node) {
                        let edge = &graph.edges[*index as usize];
                        // What an optional or dev dependency needs is there for the same reason.
                        let scope = if scope == Scope::Runtime {
                            edge.scope
                        } else {
                            scope
                        };
                        // An edge back to a stronger scope cannot be: `scope` is Runtime only in its own turn.
                        open[rank(scope).max(at)].push_back((edge.to, Reached::Edge(*index)));
                    }
                }
            }
        }
        Self { reached, scopes }
    }

    pub(super) fn reached_count(&self) -> usize {
        self.reached.iter().flatten().count()
    }
}

/// The edges of each node, side by side.
pub(crate) struct Outgoing {
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Outgoing {
    pub(crate) fn new(graph: &Graph<'_>) -> Self {
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

    /// The nodes that a node pulls in.
    pub(crate) fn of(&self, graph: &Graph<'_>, node: usize) -> impl Iterator<Item = usize> {
        let edges = self.edges_of(node).iter();
        edges.map(|edge| graph.edges[*edge as usize].to)
    }

    fn edges_of(&self, node: usize) -> &[u32] {
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

fn rank(scope: Scope) -> usize {
    SCOPES.iter().position(|known| *known == scope).unwrap_or(0)
}
