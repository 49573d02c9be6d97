//! The one face that all ecosystems have: [`Version`] and [`Requirement`] dispatch to the module of their format.

use std::cmp::Ordering;

use crate::Format;

/// A version of one format, parsed and ordered as the ecosystem's own tool does.
#[derive(Debug, Clone)]
pub struct Version {
    format: Format,
    text: String,
}

/// A requirement of one format, parsed. What is no version requirement (a tag, a path, a git address) is a
/// [`RequirementKind`] of its own, never an error.
#[derive(Debug, Clone)]
pub struct Requirement {
    format: Format,
    text: String,
}

/// What sort of requirement this is; decides how impact is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequirementKind {
    /// Admits a set of versions, of which a plain build selects one by the ecosystem's rule (highest; NuGet lowest).
    Range,
    /// Admits exactly one version (npm `1.2.3`, PEP 440 `==1.2.3`, Cargo `=1.2.3`, Maven `[1.2]`).
    Exact,
    /// Maven's bare version: admits every version, a plain build keeps this one.
    SoftPin,
    /// Names a mutable version, a Maven `-SNAPSHOT`.
    Mutable,
    /// A distribution tag (`latest`, `next`), which no event reports.
    Tag(String),
    /// Resolved elsewhere than from a registry: git, path, url, `workspace:`, `link:`, … The text names which.
    NotFromRegistry(String),
}

/// A version string that the ecosystem calls invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {format} version: {reason}")]
pub struct InvalidVersion {
    pub format: Format,
    pub text: String,
    pub reason: String,
}

/// A requirement string that the ecosystem calls invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {format} version requirement: {reason}")]
pub struct InvalidRequirement {
    pub format: Format,
    pub text: String,
    pub reason: String,
}

impl Version {
    pub fn parse(format: Format, text: &str) -> Result<Self, InvalidVersion> {
        Ok(Self { format, text: text.to_owned() })
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    /// The text as given, normalised where the ecosystem normalises (NuGet).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_prerelease(&self) -> bool {
        false
    }

    /// The order of the ecosystem's own tool; `None` for versions of two formats.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        (self.format == other.format).then(|| self.text.cmp(&other.text))
    }
}

impl Requirement {
    pub fn parse(format: Format, text: &str) -> Result<Self, InvalidRequirement> {
        Ok(Self { format, text: text.to_owned() })
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> RequirementKind {
        RequirementKind::Range
    }

    /// Whether the requirement contains the version, by the ecosystem's default pre-release rule. `false` for what is
    /// no version requirement: ask [`Self::kind`] first.
    pub fn admits(&self, version: &Version) -> bool {
        self.text == version.text
    }

    /// As [`Self::admits`], with the ecosystem's own switch that lets pre-releases in (npm `includePrerelease`, PEP 440
    /// `prereleases`).
    pub fn admits_with_prereleases(&self, version: &Version) -> bool {
        self.admits(version)
    }

    /// What a plain build without a lock chooses among the visible `candidates`: DESIGN 3.1. `None` if none is
    /// admitted or this is no version requirement.
    pub fn selects<'a>(&self, candidates: &'a [Version]) -> Option<&'a Version> {
        candidates.iter().find(|candidate| self.admits(candidate))
    }
}
