//! What `mvn dependency:tree` printed: as text, with or without Maven's log around it, as JSON or as DOT.
//!
//! Checked against the visitors of maven-dependency-plugin 2.x to 3.x and the nodes of maven-dependency-tree, which
//! print what they left out in parentheses: it stands elsewhere in the tree, or in another version, or nowhere.

mod dot;
mod json;

use crate::limits::NODES_MAX;
use crate::reading::Problem;
use crate::text::decode;

/// The dependencies of one project.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Item,
    /// As printed, each below the nearest before it that is one less deep.
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    /// 1 for what the project itself asks for.
    pub(super) depth: usize,
    /// `group:artifact`
    pub(super) name: String,
    pub(super) version: String,
    /// Empty where none is printed.
    pub(super) scope: String,
    pub(super) is_optional: bool,
    /// The range that the version was selected from.
    pub(super) constraint: Option<String>,
    pub(super) line: u32,
}

const SCOPES: [&str; 6] = ["compile", "runtime", "provided", "test", "system", "import"];

/// Reads every tree of a file.
pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Vec<Tree>, Problem> {
    let text = decode(path, bytes)?;
    let start = text.trim_start();
    let trees = if start.starts_with('{') {
        json::read(path, &text)?
    } else if start.starts_with("digraph") {
        dot::read(path, &text)?
    } else {
        read_text(path, &text)?
    };
    if trees.is_empty() {
        let text = "holds nothing that `mvn dependency:tree` prints: no line is `group:artifact:type:version`";
        return Err(Problem::new(path, None, text));
    }
    Ok(trees)
}

fn read_text(path: &str, text: &str) -> Result<Vec<Tree>, Problem> {
    let mut trees: Vec<Tree> = Vec::new();
    let mut is_open = false;
    let mut count = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line = strip_colours(line);
        let Some(line) = without_log(&line) else {
            continue;
        };
        let (depth, node) = without_tokens(line);
        if depth > 0 && node.starts_with('(') {
            continue;
        }
        let Some(item) = read_node(node, depth, number) else {
            is_open = false;
            continue;
        };
        count += 1;
        if count > NODES_MAX {
            let text = format!("has more than {NODES_MAX} lines of dependencies");
            return Err(Problem::new(path, Some(number), text));
        }
        if depth == 0 {
            is_open = true;
            trees.push(Tree {
                root: item,
                items: Vec::new(),
            });
        } else if let Some(tree) = trees.last_mut().filter(|_| is_open) {
            let above = tree.items.last().map_or(0, |item| item.depth);
            // Deeper than its place allows: a line above it is missing, so that nobody knows whose it is.
            if depth <= above + 1 {
                tree.items.push(item);
            }
        }
    }
    Ok(trees)
}

/// Maven's log in colours: `ESC [ … m`.
fn strip_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ';');
        rest = rest
            .strip_prefix(|sign: char| sign.is_ascii_alphabetic())
            .unwrap_or(rest);
    }
    plain.push_str(rest);
    plain
}

/// The line without `[INFO] ` and what a build server writes before that; none of a line of another level.
fn without_log(line: &str) -> Option<&str> {
    let line = line.trim_end();
    if let Some((_, after)) = line.split_once("[INFO]") {
        return Some(after.strip_prefix(' ').unwrap_or(after));
    }
    let is_other = ["[WARNING]", "[ERROR]", "[DEBUG]"]
        .iter()
        .any(|level| line.contains(level));
    (!is_other).then_some(line)
}

/// Counts the marks before a node, three characters each: those of `-Dtokens` standard, extended and whitespace.
fn without_tokens(line: &str) -> (usize, &str) {
    const LEVELS: [&str; 3] = ["|  ", "   ", "│  "];
    const NODES: [&str; 4] = ["+- ", "\\- ", "├─ ", "└─ "];
    let mut rest = line;
    let mut depth = 0;
    while let Some(after) = LEVELS.iter().find_map(|mark| rest.strip_prefix(mark)) {
        rest = after;
        depth += 1;
    }
    match NODES.iter().find_map(|mark| rest.strip_prefix(mark)) {
        Some(node) => (depth + 1, node),
        None => (depth, rest),
    }
}

/// `group:artifact:type[:classifier]:version[:scope]`, perhaps with notes.
fn read_node(text: &str, depth: usize, line: u32) -> Option<Item> {
    let (coordinates, notes) = text.split_once(' ').unwrap_or((text, ""));
    if !notes.is_empty() && !notes.trim_start().starts_with(['(', '-']) {
        return None;
    }
    let mut item = read_coordinates(coordinates)?;
    item.depth = depth;
    item.line = line;
    item.is_optional = notes.contains("(optional)") || notes.contains("(optional )");
    item.constraint = constraint(notes);
    Some(item)
}

fn read_coordinates(text: &str) -> Option<Item> {
    let is_name = |part: &&str| {
        !part.is_empty()
            && !part.contains(|sign: char| sign.is_control() || "/\\\"'<>[](){}".contains(sign))
    };
    let parts: Vec<&str> = text.split(':').collect();
    if !parts.iter().all(is_name) {
        return None;
    }
    let (group, artifact, version, scope) = match *parts {
        [group, artifact, _, version, scope] if SCOPES.contains(&scope) => {
            (group, artifact, version, scope)
        }
        [group, artifact, _, version] | [group, artifact, _, _, version] => {
            (group, artifact, version, "")
        }
        [group, artifact, _, _, version, scope] => (group, artifact, version, scope),
        _ => return None,
    };
    Some(Item {
        depth: 0,
        name: format!("{group}:{artifact}"),
        version: version.to_owned(),
        scope: scope.to_owned(),
        is_optional: false,
        constraint: None,
        line: 0,
    })
}

/// `(version selected from constraint [1.0,2.0))`
fn constraint(notes: &str) -> Option<String> {
    let (_, after) = notes.split_once("version selected from constraint ")?;
    let after = after
        .split_once("; ")
        .map_or(after, |(constraint, _)| constraint);
    let after = after
        .split_once(" (")
        .map_or(after, |(constraint, _)| constraint);
    let after = after.trim_end();
    let range = after.strip_suffix(')').unwrap_or(after).trim_end();
    range.starts_with(['[', '(']).then(|| range.to_owned())
}
