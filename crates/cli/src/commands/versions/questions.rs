//! The questions about versions, from texts to answers. Pure.

use std::cmp::Ordering;

use downriver_domain::version::{Format, Requirement, RequirementKind, Version};

/// Whether the requirement admits the version. A version that the ecosystem cannot read is not admitted; a requirement
/// that it cannot read is an error, with what such a requirement looks like.
pub(super) fn admits(
    format: Format,
    requirement: &str,
    version: &str,
    prereleases: bool,
) -> Result<bool, String> {
    let requirement = parse_requirement(format, requirement)?;
    Ok(Version::parse(format, version).is_ok_and(|version| {
        if prereleases {
            requirement.admits_with_prereleases(&version)
        } else {
            requirement.admits(&version)
        }
    }))
}

pub(super) fn compare(format: Format, a: &str, b: &str) -> Result<Ordering, String> {
    let parse = |text| Version::parse(format, text).map_err(|error| error.to_string());
    let (a, b) = (parse(a)?, parse(b)?);
    Ok(a.compare(&b).expect("both are of one format"))
}

/// The position of what a plain build chooses; versions that the ecosystem cannot read are passed over.
pub(super) fn select(
    format: Format,
    requirement: &str,
    versions: &[String],
) -> Result<Option<usize>, String> {
    let requirement = parse_requirement(format, requirement)?;
    let (positions, candidates): (Vec<usize>, Vec<Version>) = versions
        .iter()
        .enumerate()
        .filter_map(|(position, text)| Some((position, Version::parse(format, text).ok()?)))
        .unzip();
    let selected = requirement.selects(&candidates);
    Ok(selected.and_then(|selected| {
        let place = candidates
            .iter()
            .position(|candidate| std::ptr::eq(candidate, selected))?;
        positions.get(place).copied()
    }))
}

/// Why the ecosystem does not read this as a version; `None` if it does.
pub(super) fn refusal(format: Format, version: &str) -> Option<String> {
    Version::parse(format, version)
        .err()
        .map(|error| format!("not a {format} version: {}", error.reason))
}

pub(super) fn kind_in_words(kind: &RequirementKind) -> String {
    match kind {
        RequirementKind::Range => "a range".to_owned(),
        RequirementKind::Exact => "exact".to_owned(),
        RequirementKind::SoftPin => {
            "a soft pin: a build keeps it unless its graph forces another".to_owned()
        }
        RequirementKind::Mutable => "a mutable version".to_owned(),
        RequirementKind::Tag(tag) => format!("the tag `{tag}`, which admits no version by itself"),
        RequirementKind::NotFromRegistry(place) => format!("not from a registry: {place}"),
    }
}

fn parse_requirement(format: Format, text: &str) -> Result<Requirement, String> {
    Requirement::parse(format, text)
        .map_err(|error| format!("{error}; write it like {}", examples(format)))
}

pub(super) const fn examples(format: Format) -> &'static str {
    match format {
        Format::Cargo => "`1.2`, `~1.2.3`, `=1.2.3` or `>=1.2, <2`",
        Format::Generic => "`1.2.3` or `1.2.*`",
        Format::Maven => "`1.2.3`, `[1.2.3]`, `[1.2,2.0)` or `[1.2,)`",
        Format::Npm => "`^1.2.3`, `~1.2`, `>=1.2 <2` or `1.x || 2.x`",
        Format::Nuget => "`1.2.3`, `[1.2.3]`, `[1.2,2.0)` or `1.*`",
        Format::Pypi => "`>=1.2,<2`, `~=1.2`, `==1.2.3` or `==1.*`",
        Format::Ruby => "`~> 1.2`, `>= 1.2, < 2` or `= 1.2.3`",
        Format::Swift => "`1.2.3`, `1.2.0..<2.0.0` or `1.2.0...1.9.9`",
    }
}
