//! A catalog with the files it names in one JSON document, as it is uploaded; and what became of it, as it is answered.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::catalog::parse_catalog;
use super::rejection::Shown;
use crate::register::{Applied, Catalog};

/// What a bundle may have: a catalog of tens of thousands of applications with their dependencies has less.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;

const VERSION: &str = "1";

#[derive(Deserialize)]
struct BundleV1 {
    v: String,
    main: String,
    files: BTreeMap<String, String>,
}

/// Reads a bundle and the catalog in it, or tells every problem, a sentence each.
pub fn parse_bundle(bytes: &[u8]) -> Result<Catalog, Vec<String>> {
    let bundle: BundleV1 = serde_json::from_slice(bytes)
        .map_err(|error| vec![format!("the upload is no catalog bundle: {error}")])?;
    if bundle.v != VERSION {
        return Err(vec![format!(
            "the upload has version `{}`, this deployment reads `{VERSION}`: upgrade the deployment, or upload with its own release of downriver",
            Shown::new(&bundle.v)
        )]);
    }
    let read_file = |name: &str| {
        let text = bundle.files.get(name).cloned();
        text.ok_or_else(|| "it is not in the upload".to_owned())
    };
    let main = read_file(&bundle.main)
        .map_err(|reason| vec![format!("{}: {reason}", Shown::new(&bundle.main))])?;
    parse_catalog(&bundle.main, &main, None, &read_file)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// The answer to an upload that was applied, or to one that was refused.
pub fn encode_outcome(outcome: Result<&Applied, &[String]>) -> Vec<u8> {
    let document = match outcome {
        Ok(applied) => json!({
            "v": VERSION,
            "ok": true,
            "added": applied.added,
            "changed": applied.changed,
            "removed": applied.removed,
            "unchanged": applied.unchanged,
        }),
        Err(problems) => json!({"v": VERSION, "ok": false, "problems": problems}),
    };
    document.to_string().into_bytes()
}
