//! From the text of a file to its keys: TOML, then the shape, then serde.

use std::ops::Range;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, Deserializer};

use super::report::{Path, Report};
use super::shape::Shape;

/// Reads what fits and reports what does not; `None` where the text is no TOML.
pub(super) fn read_document<T: DeserializeOwned + JsonSchema>(
    report: &mut Report<'_>,
    shape: &Shape,
    text: &str,
) -> Option<T> {
    let (mut table, errors) = DeTable::parse_recoverable(text);
    let mut is_readable = true;
    for error in errors {
        let span = error.span().unwrap_or_default();
        if error.message() == DUPLICATE_KEY {
            let path = Path::Written(written_at(text, &span));
            report.problem(span.clone(), &path, "given twice: the name must be unique");
        } else {
            report.problem(span, &Path::Root, error.message());
            // What the parser made up to go on would only bring more of the same.
            is_readable = false;
        }
    }
    if !is_readable {
        return None;
    }
    shape.prune(report, &mut table);
    match T::deserialize(Deserializer::from(table)) {
        Ok(keys) => Some(keys),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            report.problem(span, &Path::Root, error.message());
            None
        }
    }
}

/// How the parser calls a key or table that was there before.
const DUPLICATE_KEY: &str = "duplicate key";

/// The key at `span`, or the whole path where it stands in the header of a table.
fn written_at<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    let start = text.get(..span.start).unwrap_or_default();
    let line_start = start.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..).unwrap_or_default();
    let line = line.lines().next().unwrap_or_default().trim();
    match line.strip_prefix('[') {
        Some(header) if !header.contains('{') => header.trim_matches(['[', ']', ' ']),
        _ => text.get(span.clone()).unwrap_or_default(),
    }
}
