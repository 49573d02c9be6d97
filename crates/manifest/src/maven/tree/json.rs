//! `-DoutputType=json`: one object for each project, the children inside.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Item, Tree};
use crate::limits::NODES_MAX;
use crate::lines::Lines;
use crate::reading::Problem;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    #[serde(borrow)]
    group_id: Cow<'a, str>,
    #[serde(borrow)]
    artifact_id: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    scope: Cow<'a, str>,
    #[serde(borrow, default)]
    optional: Cow<'a, str>,
    #[serde(borrow, default)]
    children: Vec<Node<'a>>,
}

/// Files that several projects were appended to hold one object after the other.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Tree>, Problem> {
    let lines = Lines::new(text);
    let mut trees = Vec::new();
    for node in serde_json::Deserializer::from_str(text).into_iter::<Node<'_>>() {
        let node = node.map_err(|error| {
            let line = u32::try_from(error.line()).ok();
            Problem::new(
                path,
                line,
                format!("is not the JSON of `mvn dependency:tree`: {error}"),
            )
        })?;
        let mut items = Vec::new();
        for child in &node.children {
            add(child, 1, &lines, &mut items);
        }
        if items.len() > NODES_MAX {
            let text = format!("has more than {NODES_MAX} dependencies");
            return Err(Problem::new(path, None, text));
        }
        trees.push(Tree {
            root: item(&node, 0, &lines),
            items,
        });
    }
    Ok(trees)
}

/// As deep as the JSON parser allows, 128 levels of brackets.
fn add(node: &Node<'_>, depth: usize, lines: &Lines<'_>, items: &mut Vec<Item>) {
    items.push(item(node, depth, lines));
    for child in &node.children {
        add(child, depth + 1, lines, items);
    }
}

fn item(node: &Node<'_>, depth: usize, lines: &Lines<'_>) -> Item {
    let line = match &node.artifact_id {
        Cow::Borrowed(text) => lines.of(text),
        Cow::Owned(_) => None,
    };
    Item {
        depth,
        name: format!("{}:{}", node.group_id, node.artifact_id),
        version: node.version.clone().into_owned(),
        scope: node.scope.clone().into_owned(),
        is_optional: node.optional == "true",
        constraint: None,
        line: line.unwrap_or(1),
    }
}
