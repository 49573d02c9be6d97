//! A catalog with the files it names, as one object.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use downriver_engine::wire::bundle::BUNDLE_BYTES_MAX;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::exit::refuse;
use crate::setup::LoadedCatalog;

/// What the deployment reads in the place of the catalog's folder. The same catalog is the same bytes.
#[derive(Serialize)]
struct BundleDocument<'a> {
    v: &'static str,
    main: &'a str,
    files: BTreeMap<&'a str, &'a str>,
}

pub(super) struct Bundle {
    pub(super) bytes: Vec<u8>,
    /// Of the bytes, in lower-case hex.
    pub(super) sha256: String,
    pub(super) key: String,
    /// Where the deployment writes what came of it.
    pub(super) result_key: String,
}

impl Bundle {
    pub(super) fn of(loaded: &LoadedCatalog) -> anyhow::Result<Self> {
        let files = loaded.files.iter();
        let document = BundleDocument {
            v: "1",
            main: &loaded.files[0].0,
            files: files
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect(),
        };
        let bytes = serde_json::to_vec(&document)?;
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(refuse(format!(
                "the catalog and the files it names have {} bytes as one upload: at most {BUNDLE_BYTES_MAX}",
                bytes.len()
            )));
        }
        let mut sha256 = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(sha256, "{byte:02x}")?;
        }
        let key = format!("catalogs/{sha256}.json");
        Ok(Self {
            bytes,
            result_key: format!("{key}.result.json"),
            sha256,
            key,
        })
    }
}
