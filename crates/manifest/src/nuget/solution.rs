//! The projects that a solution lists: `*.sln`, `*.slnx`.

use roxmltree::Node;

use super::msbuild::{attribute, is_named, parse_xml};
use crate::reading::Problem;
use crate::text::decode;

/// The paths as they are written, each with its line.
pub(super) fn projects(path: &str, bytes: &[u8]) -> Result<Vec<String>, Problem> {
    let text = decode(path, bytes)?;
    if !path.to_ascii_lowercase().ends_with(".slnx") {
        return Ok(text.lines().filter_map(listed).map(str::to_owned).collect());
    }
    let document = parse_xml(path, &text)?;
    Ok(document
        .descendants()
        .filter(|node: &Node<'_, '_>| node.is_element() && is_named(*node, "Project"))
        .filter_map(|node| attribute(node, "Path").map(str::to_owned))
        .collect())
}

/// `Project("{kind}") = "name", "path", "{id}"`; a folder of the solution has its name for a path.
fn listed(line: &str) -> Option<&str> {
    let (_, rest) = line.trim().strip_prefix("Project(")?.split_once('=')?;
    rest.split('"').nth(3)
}
