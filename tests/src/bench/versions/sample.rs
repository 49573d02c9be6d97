//! Requirements and versions to ask about.

use std::path::Path;

use anyhow::{Context, Result};
use downriver_version::{Format, Requirement, Version};
use serde_json::Value;

pub(super) struct Sample {
    pub(super) format: Format,
    pub(super) admits: Vec<(String, String)>,
    pub(super) pairs: Vec<(String, String)>,
}

impl Sample {
    /// What manifests mostly hold, each requirement asked about each version.
    pub(super) fn built_in(format: Format) -> Self {
        let (requirements, versions) = built_in(format);
        let versions: Vec<&str> = versions.split(' ').collect();
        let each = |first: &str| {
            let pair = |version: &&str| (first.to_owned(), (*version).to_owned());
            versions.iter().map(pair).collect::<Vec<_>>()
        };
        let admits = requirements.split(';').flat_map(each);
        let pairs = versions.iter().flat_map(|version| each(version));
        Self {
            format,
            admits: admits.collect(),
            pairs: pairs.collect(),
        }
    }

    /// The lines of the corpus that can be read, where it lies beside the workspace.
    pub(super) fn of_corpus(format: Format) -> Result<Option<Self>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
        let is_version = |text: &str| Version::parse(format, text).is_ok();
        let mut admits = pairs_of(
            &folder.join(format!("{format}-admits.jsonl")),
            "requirement",
            "version",
        )?;
        admits.retain(|(requirement, version)| {
            Requirement::parse(format, requirement).is_ok() && is_version(version)
        });
        let mut pairs = pairs_of(&folder.join(format!("{format}-order.jsonl")), "a", "b")?;
        pairs.retain(|(a, b)| is_version(a) && is_version(b));
        let is_there = !admits.is_empty() || !pairs.is_empty();
        Ok(is_there.then_some(Self {
            format,
            admits,
            pairs,
        }))
    }
}

fn pairs_of(path: &Path, first: &str, second: &str) -> Result<Vec<(String, String)>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    let mut pairs = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)
            .with_context(|| format!("failed to read a line of {}", path.display()))?;
        if let (Some(first), Some(second)) = (line[first].as_str(), line[second].as_str()) {
            pairs.push((first.to_owned(), second.to_owned()));
        }
    }
    Ok(pairs)
}

const SEMANTIC: &str = "0.9.1 1.0.0 1.2.3 1.2.10 1.10.0 2.0.0-rc.1 2.0.0 10.4.22";

/// Requirements separated by `;`, and versions by spaces.
const fn built_in(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Cargo => ("1.2;^0.9;~1.2.3;=1.2.3;>=1.0, <2.0", SEMANTIC),
        Format::Generic => ("1.2.3;1.*;*", SEMANTIC),
        Format::Maven => (
            "1.2.3;[1.0,2.0);[1.2.3];(,1.0],[1.2,);[1.0,)",
            "0.9.1 1.0.0 1.2.3 1.2.10 1.2.3.Final 2.0.0-M1 2.0.0-RC2 2.0-SNAPSHOT",
        ),
        Format::Npm => (
            "^1.2.0;~1.2.3;1.x;*;>=1.0.0 <2.0.0;^0.9.0 || ^1.0.0 || ^2.0.0;1.2.3",
            SEMANTIC,
        ),
        Format::Nuget => (
            "1.2.3;[1.0,2.0);1.*;[1.2.3];1.2.3-*",
            "0.9.1 1.0.0 1.2.3 1.2.3.4 1.10.0 2.0.0-rc.1 2.0.0 10.4.22",
        ),
        Format::Pypi => (
            ">=1.2;==1.2.3;~=1.2;>=1.0,<2.0,!=1.5;==1.*",
            "0.9.1 1.0 1.2.3 1.2.10 2.0rc1 2.0.post1 2.0.dev3 1!1.0",
        ),
        Format::Ruby => (
            "~> 1.2;>= 1.0, < 2;= 1.2.3;~> 1.2.3;!= 1.2.3",
            "0.9.1 1.0.0 1.2.3 1.2.10 1.10 2.0.0.rc1 2.0.0.pre 10.4.22",
        ),
        Format::Swift => ("1.0.0..<2.0.0;1.2.3;1.0.0...1.9.9", SEMANTIC),
    }
}
