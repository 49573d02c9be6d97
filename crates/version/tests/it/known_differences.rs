//! Lines of the corpus that are not asked, each with its reason: another tool's rule, or a difference on purpose.

use downriver_version::Format;
use serde_json::{Value, json};

/// Whether the line is left out of the comparison.
pub(crate) fn is_set_aside(format: Format, line: &Value) -> bool {
    // npm reads the ranges of a manifest loosely, so what the strict reading refuses can still be a range.
    let is_loose_range = format == Format::Npm
        && matches!(
            line["requirement"].as_str(),
            Some(">01.02.03" | "1.x.5 || 2.x")
        )
        && line["options"] == json!({})
        && line["canonical"].is_null();
    // maven-artifact's ranges are those of plugins; a dependency's are the resolver's.
    let is_of_maven_artifact = line["options"]["scheme"] == "maven-artifact";
    // An object that is no string, which only a dynamic language can pass.
    let is_no_string = line["nonstring"].as_bool() == Some(true);
    is_loose_range || is_of_maven_artifact || is_no_string
}
