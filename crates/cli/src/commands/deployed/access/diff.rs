//! How two policies differ, line by line.

use downriver_domain::access::PolicyDocument;
use downriver_engine::access::Edit;
use similar::TextDiff;

use crate::render::style::Paint;

/// Lines around a difference.
const CONTEXT_LINES: usize = 3;

/// A unified diff of the canonical documents.
pub(super) fn unified(edit: &Edit) -> String {
    let text = |document: &Option<PolicyDocument>| {
        document
            .as_ref()
            .map_or_else(String::new, PolicyDocument::pretty)
    };
    let (before, after) = (text(&edit.before), text(&edit.after));
    let name = |document: &Option<PolicyDocument>, when: &str| match document {
        Some(_) => format!("{}, {when}", edit.policy),
        None => format!("no {}", edit.policy),
    };
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(CONTEXT_LINES)
        .header(&name(&edit.before, "before"), &name(&edit.after, "after"))
        .to_string()
}

pub(super) fn painted(diff: &str, paint: Paint) -> String {
    let mut out = String::new();
    for line in diff.lines() {
        let line = match line.as_bytes().first() {
            Some(b'+') => paint.good(line),
            Some(b'-') => paint.bad(line),
            Some(b'@') => paint.faint(line),
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}
