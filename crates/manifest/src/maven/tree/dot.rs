//! `-DoutputType=dot`: a line for each edge, nodes by their text.

use std::collections::{BTreeMap, BTreeSet};

use super::{Item, Tree, read_node};
use crate::limits::{DEPTH_MAX, NODES_MAX};
use crate::reading::Problem;

/// Whom each node pulls in, with the line that says so.
type Edges<'t> = BTreeMap<&'t str, Vec<(&'t str, u32)>>;

pub(super) fn read(path: &str, text: &str) -> Result<Vec<Tree>, Problem> {
    let mut trees = Vec::new();
    let mut open: Option<(&str, u32, Edges<'_>)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("digraph") {
            trees.extend(open.take().and_then(build));
            open = quoted(rest).map(|(name, _)| (name, number, Edges::new()));
        } else if let Some((_, _, edges)) = &mut open
            && let Some((from, rest)) = quoted(line)
            && let Some((to, _)) = rest.trim_start().strip_prefix("->").and_then(quoted)
        {
            edges.entry(from).or_default().push((to, number));
        }
    }
    trees.extend(open.and_then(build));
    if trees.iter().any(|tree| tree.items.len() > NODES_MAX) {
        let text = format!("has more than {NODES_MAX} dependencies");
        return Err(Problem::new(path, None, text));
    }
    Ok(trees)
}

/// The first text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.trim_start().strip_prefix('"')?.split_once('"')
}

fn build((name, line, edges): (&str, u32, Edges<'_>)) -> Option<Tree> {
    let mut items = Vec::new();
    let mut seen = BTreeSet::new();
    add(name, 1, &edges, &mut seen, &mut items);
    Some(Tree {
        root: read_node(name, 0, line)?,
        items,
    })
}

/// What a node pulls in is the same wherever it stands, so that once is enough.
fn add<'t>(
    from: &'t str,
    depth: usize,
    edges: &Edges<'t>,
    seen: &mut BTreeSet<&'t str>,
    items: &mut Vec<Item>,
) {
    if depth > DEPTH_MAX || !seen.insert(from) {
        return;
    }
    for (to, line) in edges.get(from).into_iter().flatten() {
        if let Some(item) = read_node(to, depth, *line) {
            items.push(item);
            add(to, depth + 1, edges, seen, items);
        }
    }
}
