//! XML as Maven writes it: no DTD, a bounded depth, elements by their local names.

use std::borrow::Cow;

use roxmltree::{Document, Error, Node, ParsingOptions};

use crate::limits::DEPTH_MAX;
use crate::lines::Lines;
use crate::reading::Problem;
use crate::text::decode;

/// Elements and texts of one file.
const XML_NODES_MAX: u32 = 4_000_000;

/// The text of an XML file. One that says that it is Latin-1, as POMs of old do, is taken at its word.
pub(super) fn decode_xml<'a>(path: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, Problem> {
    decode(path, bytes).or_else(|problem| {
        let head = &bytes[..bytes.len().min(200)];
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let declaration = head
            .split_once("?>")
            .map_or("", |(declaration, _)| declaration);
        let is_latin = ["iso-8859-1", "windows-1252", "latin1", "us-ascii"]
            .iter()
            .any(|name| declaration.contains(name));
        if is_latin {
            Ok(Cow::Owned(bytes.iter().copied().map(char::from).collect()))
        } else {
            Err(problem)
        }
    })
}

pub(super) fn parse<'t>(path: &str, text: &'t str) -> Result<Document<'t>, Problem> {
    let options = ParsingOptions {
        nodes_limit: XML_NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        Error::DtdDetected => Problem::new(
            path,
            text.find("<!DOCTYPE").map(|at| Lines::new(text).at(at)),
            "has a document type declaration (DTD), which is not read: take the DOCTYPE out",
        ),
        Error::NodesLimitReached => {
            let text = format!("has more than {XML_NODES_MAX} elements");
            Problem::new(path, None, text)
        }
        error => {
            let line = error.pos().row;
            Problem::new(path, Some(line), format!("is not well-formed XML: {error}"))
        }
    })?;
    check_depth(path, &document)?;
    Ok(document)
}

/// Nodes come in the order of the document, so that a parent's depth is known before that of its children.
fn check_depth(path: &str, document: &Document<'_>) -> Result<(), Problem> {
    let mut depths: Vec<u8> = Vec::new();
    for node in document.descendants() {
        let depth = node
            .parent()
            .and_then(|parent| depths.get(parent.id().get_usize()))
            .map_or(0, |depth| depth.saturating_add(1));
        if usize::from(depth) > DEPTH_MAX {
            let line = document.text_pos_at(node.range().start).row;
            let text = format!("nests elements deeper than {DEPTH_MAX} levels here");
            return Err(Problem::new(path, Some(line), text));
        }
        depths.push(depth);
    }
    Ok(())
}

/// The first child element of this name.
pub(super) fn child<'d, 't>(node: Node<'d, 't>, name: &str) -> Option<Node<'d, 't>> {
    children(node).find(|child| child.tag_name().name() == name)
}

pub(super) fn children<'d, 't>(node: Node<'d, 't>) -> impl Iterator<Item = Node<'d, 't>> {
    node.children().filter(Node::is_element)
}

/// The elements two steps below: `dependencies`, `dependency`.
pub(super) fn each<'d, 't>(
    node: Node<'d, 't>,
    list: &str,
    item: &'static str,
) -> impl Iterator<Item = Node<'d, 't>> {
    child(node, list)
        .into_iter()
        .flat_map(children)
        .filter(move |node| node.tag_name().name() == item)
}

/// The text of a child element without the blanks around it; comments between its parts do not count.
pub(super) fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).map(text)
}

pub(super) fn text(node: Node<'_, '_>) -> String {
    let mut whole = String::new();
    for part in node.children().filter(Node::is_text) {
        whole.push_str(part.text().unwrap_or_default());
    }
    whole.trim().to_owned()
}
