//! Python: PEP 440 versions and specifiers, PEP 508 dependency specifiers and markers, and pip's pre-release policy.
//!
//! Follows pypa/packaging 26.3, answer for answer, with these differences:
//! - numbers above 2^64 - 1 (a local version's aside) make a text no PEP 440 version;
//! - markers nested deeper than [`marker::DEPTH_MAX`] parentheses are refused;
//! - a quoted string in a marker knows Python's one-letter escapes, not its numeric and named ones.
//!
//! A text that is no PEP 440 version is still a version here, below all others: `===` and the empty set contain it, as
//! `packaging` says, and nothing ever selects it, as pip does. Requirements of other tools (`^1.2`, `*`) are refused:
//! whoever reads those manifests translates them.

mod dependency;
mod marker;
mod specifier;
mod version;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub use dependency::{DependencySpecifier, InvalidDependencySpecifier};
pub use marker::{Marker, MarkerEnvironment};

use crate::RequirementKind;
use crate::ecosystem::{Ecosystem, highest};
use specifier::SpecifierSet;
use version::{Pep440, is_python_space};

pub(crate) struct Pypi;

/// A version text, and what PEP 440 makes of it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// As given: `===` compares it.
    text: Box<str>,
    pep440: Option<Pep440>,
}

#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    Specifiers(SpecifierSet),
    /// A URL or path, which pip takes as it is.
    Elsewhere(Box<str>),
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.pep440, &other.pep440) {
            (None, None) => self.text.cmp(&other.text),
            (own, others) => own.cmp(others),
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Ecosystem for Pypi {
    type Version = Version;
    type Requirement = Requirement;

    fn parse_version(text: &str) -> Result<Version, String> {
        Ok(Version {
            text: text.into(),
            pep440: Pep440::parse(text).ok(),
        })
    }

    fn is_prerelease(version: &Version) -> bool {
        version.pep440.as_ref().is_some_and(Pep440::is_prerelease)
    }

    /// Reads a specifier set (`>=1,<2`; empty admits everything), or where pip would fetch from: `name @ url`, a URL
    /// or a path.
    fn parse_requirement(text: &str) -> Result<Requirement, String> {
        let reason = match SpecifierSet::parse(text) {
            Ok(set) => return Ok(Requirement::Specifiers(set)),
            Err(reason) => reason,
        };
        let text = text.trim_matches(is_python_space);
        if is_location(text) {
            return Ok(Requirement::Elsewhere(text.into()));
        }
        match DependencySpecifier::parse(text) {
            Ok(dependency) => dependency
                .url()
                .map(|url| Requirement::Elsewhere(url.into()))
                .ok_or(reason),
            Err(_) => Err(reason),
        }
    }

    fn kind(requirement: &Requirement) -> RequirementKind {
        match requirement {
            Requirement::Specifiers(set) if set.is_exact() => RequirementKind::Exact,
            Requirement::Specifiers(_) => RequirementKind::Range,
            Requirement::Elsewhere(location) => {
                RequirementKind::NotFromRegistry(location.to_string())
            }
        }
    }

    /// A pre-release is admitted if `prereleases` is set or a specifier names one. [`Self::selects`] may still fall
    /// back on one that this refuses, for want of anything else.
    fn admits(requirement: &Requirement, version: &Version, prereleases: bool) -> bool {
        match requirement {
            Requirement::Specifiers(set) => {
                (prereleases || !Self::is_prerelease(version) || set.names_prerelease())
                    && set.contains(version)
            }
            Requirement::Elsewhere(_) => false,
        }
    }

    /// The highest final version; pre-releases count if a specifier names one, or if no final version is contained.
    fn selects(requirement: &Requirement, candidates: &[&Version]) -> Option<usize> {
        let pick = |prereleases| {
            highest(candidates, |version: &Version| {
                version.pep440.is_some() && Self::admits(requirement, version, prereleases)
            })
        };
        pick(false).or_else(|| pick(true))
    }
}

/// Whether pip would read the text as a URL or a path and not as a name.
fn is_location(text: &str) -> bool {
    const PREFIXES: [&str; 5] = ["file:", "./", "../", "/", "-e "];
    let is_scheme = |scheme: &str| {
        scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    };
    text.split_once("://")
        .is_some_and(|(scheme, _)| is_scheme(scheme))
        || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}
