//! npm: node-semver's versions and ranges (7.8), and npm-package-arg's kinds of specification around them.
//!
//! The rules are node-semver's, rewritten rather than bound: no crate has its loose reading and its
//! `includePrerelease`, which moves bounds. A range is read strictly first and, if that fails, loosely, as npm itself
//! does for the edges of a tree. What is neither a range nor an address is a distribution tag, as for npm.
//!
//! Differences from node-semver, on purpose:
//! - Where two numeric pre-release identifiers beyond 2^53 round to the same double, node-semver calls the versions
//!   equal without looking at what follows; here what follows decides, so that the order stays transitive.
//! - The strict reading of a range such as `>01.02.03` is an error there; here the loose one takes over, see above.

mod desugar;
mod pattern;
mod range;
mod spec;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use spec::Requirement;
pub(crate) use version::Version;

use crate::RequirementKind;
use crate::ecosystem::Ecosystem;

/// The npm ecosystem.
pub(crate) struct Npm;

impl Ecosystem for Npm {
    type Version = Version;
    type Requirement = Requirement;

    fn parse_version(text: &str) -> Result<Version, String> {
        Version::parse(text, false)
    }

    fn is_prerelease(version: &Version) -> bool {
        version.has_prerelease()
    }

    fn parse_requirement(text: &str) -> Result<Requirement, String> {
        Requirement::parse(text)
    }

    fn kind(requirement: &Requirement) -> RequirementKind {
        requirement.kind()
    }

    fn admits(requirement: &Requirement, version: &Version, prereleases: bool) -> bool {
        requirement
            .range()
            .is_some_and(|range| range.admits(version, prereleases))
    }

    fn alias(requirement: &Requirement) -> Option<&str> {
        requirement.alias()
    }
}

/// What JavaScript's `\s` and `trim` take for a space.
fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}'
            | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}
