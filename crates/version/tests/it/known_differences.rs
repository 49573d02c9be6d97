//! Lines of the corpus where this crate differs on purpose, each with its reason.

use downriver_version::Format;
use serde_json::{Value, json};

/// Whether the difference on this line is meant.
pub(crate) fn is_known(format: Format, line: &Value) -> bool {
    // npm reads the ranges of a manifest loosely, so what the strict reading refuses can still be a range.
    let is_loose_range = matches!(line["requirement"].as_str(), Some(">01.02.03" | "1.x.5 || 2.x"));
    format == Format::Npm && is_loose_range && line["options"] == json!({}) && line["canonical"].is_null()
}
