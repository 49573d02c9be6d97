//! What is printed is read back the same, and versions that are equal are treated alike.

use std::cmp::Ordering;

use downriver_version::{
    DependencySpecifier, Format, Requirement, RequirementKind, Version, parse_purl,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::properties::{format, requirement_text, settings, version_text};

/// Texts near each other, which many ecosystems call equal.
fn twins() -> impl Strategy<Value = (String, String)> {
    let change = select(&["", ".0", ".0.0", "+b", "-0", ".ga", ".post0"][..]);
    (version_text(), change, any::<bool>()).prop_map(|(text, change, is_upper)| {
        let twin = format!("{text}{change}");
        let twin = if is_upper { twin.to_uppercase() } else { twin };
        (text, twin)
    })
}

/// `===` compares texts, Gradle's `+` and generic globs match beginnings of texts, a mutable version is its text.
fn looks_at_the_text(format: Format, requirement: &Requirement) -> bool {
    format == Format::Generic
        || requirement.kind() == RequirementKind::Mutable
        || (format == Format::Pypi && requirement.as_str().contains("==="))
        || (format == Format::Maven && requirement.as_str().contains('+'))
}

fn dependency_specifier() -> impl Strategy<Value = String> {
    let extras = select(&["", "[a]", "[b, a]", "[ x.y ]"][..]);
    let versions = select(
        &[
            "",
            ">=1,<2",
            "(==1.*, !=1.5)",
            "~= 2.2",
            "===x",
            " @ https://example.com/a.zip",
        ][..],
    );
    let marker = select(
        &[
            "",
            " ; python_version < '3.12'",
            " ; (os_name == \"nt\" or extra == 'a') and 'linux' in sys_platform",
            " ; python_version not in \"3.1, 3.2\"",
        ][..],
    );
    (
        "[A-Za-z][A-Za-z0-9._-]{0,8}[a-z0-9]",
        extras,
        versions,
        marker,
    )
        .prop_map(|(name, extras, versions, marker)| format!("{name}{extras}{versions}{marker}"))
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn a_version_printed_is_read_back_as_an_equal_one(format in format(), text in version_text()) {
        let Ok(version) = Version::parse(format, &text) else { return Ok(()) };
        let again = Version::parse(format, version.as_str()).unwrap();
        prop_assert_eq!(version.compare(&again), Some(Ordering::Equal));
        prop_assert_eq!(version.as_str(), again.as_str());
        prop_assert_eq!(version.is_prerelease(), again.is_prerelease());
    }

    #[test]
    fn a_requirement_printed_is_read_back_with_the_same_answers(
        format in format(), text in requirement_text(), version in version_text()
    ) {
        let Ok(requirement) = Requirement::parse(format, &text) else { return Ok(()) };
        let again = Requirement::parse(format, requirement.as_str()).unwrap();
        prop_assert_eq!(requirement.kind(), again.kind());
        let Ok(version) = Version::parse(format, &version) else { return Ok(()) };
        prop_assert_eq!(requirement.admits(&version), again.admits(&version));
    }

    #[test]
    fn a_dependency_specifier_printed_is_read_back_the_same(text in dependency_specifier()) {
        let Ok(read) = DependencySpecifier::parse(&text) else { return Ok(()) };
        let printed = read.to_string();
        let again = DependencySpecifier::parse(&printed).unwrap();
        prop_assert_eq!(again.to_string(), printed);
        prop_assert_eq!(again.marker().map(ToString::to_string), read.marker().map(ToString::to_string));
    }

    #[test]
    fn a_package_url_printed_is_read_back_the_same(text in "pkg:[a-z]{2,6}/[@%a-zA-Z0-9._/?&=#+-]{1,40}") {
        let Ok(purl) = parse_purl(&text) else { return Ok(()) };
        prop_assert_eq!(parse_purl(&purl.to_string()).unwrap(), purl);
    }

    #[test]
    fn versions_that_are_equal_are_admitted_alike(
        format in format(), (a, b) in twins(), requirement in requirement_text()
    ) {
        let (Ok(a), Ok(b)) = (Version::parse(format, &a), Version::parse(format, &b)) else { return Ok(()) };
        let Ok(requirement) = Requirement::parse(format, &requirement) else { return Ok(()) };
        if a.compare(&b) == Some(Ordering::Equal) && !looks_at_the_text(format, &requirement) {
            prop_assert_eq!(requirement.admits(&a), requirement.admits(&b), "{:?} {:?} {:?}", a, b, requirement);
        }
    }

    #[test]
    fn what_is_admitted_stays_admitted_with_prereleases(
        format in format(), requirement in requirement_text(), version in version_text()
    ) {
        let Ok(requirement) = Requirement::parse(format, &requirement) else { return Ok(()) };
        let Ok(version) = Version::parse(format, &version) else { return Ok(()) };
        if !version.is_prerelease() && requirement.admits(&version) {
            prop_assert!(requirement.admits_with_prereleases(&version));
        }
    }
}
