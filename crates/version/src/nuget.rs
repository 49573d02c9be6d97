//! Placeholder of `nuget`.

use crate::RequirementKind;
use crate::ecosystem::Ecosystem;

pub(crate) struct Nuget;

impl Ecosystem for Nuget {
    type Version = String;
    type Requirement = String;

    fn parse_version(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    fn is_prerelease(_: &String) -> bool {
        false
    }

    fn parse_requirement(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    fn kind(_: &String) -> RequirementKind {
        RequirementKind::Exact
    }

    fn admits(requirement: &String, version: &String, _: bool) -> bool {
        requirement == version
    }
}
