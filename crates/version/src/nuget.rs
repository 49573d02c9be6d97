//! NuGet: versions, ranges, and the match that a restore without a lock takes.
//!
//! Follows NuGet.Versioning, answer for answer. A range that does not float selects the *lowest* version in it; no
//! range refuses pre-releases, but only one with a pre-release bound or float selects them.

mod float;
mod range;
mod version;

#[cfg(test)]
mod tests;

use crate::RequirementKind;
use crate::ecosystem::Ecosystem;
use range::Range;
use version::Version;

pub(crate) struct Nuget;

impl Ecosystem for Nuget {
    type Version = Version;
    type Requirement = Range;

    fn parse_version(text: &str) -> Result<Version, String> {
        Version::parse(text)
    }

    /// The normalised form, in which each version has one identity.
    fn normalise_version(text: &str) -> String {
        Version::parse(text).map_or_else(|_| text.to_owned(), |version| version.to_string())
    }

    fn is_prerelease(version: &Version) -> bool {
        version.is_prerelease()
    }

    fn parse_requirement(text: &str) -> Result<Range, String> {
        Range::parse(text)
    }

    fn kind(requirement: &Range) -> RequirementKind {
        if requirement.is_exact() {
            RequirementKind::Exact
        } else {
            RequirementKind::Range
        }
    }

    fn admits(requirement: &Range, version: &Version, _: bool) -> bool {
        requirement.contains(version)
    }

    fn selects(requirement: &Range, candidates: &[&Version]) -> Option<usize> {
        requirement.best_match(candidates)
    }
}
