//! Laws that hold for every text: order, agreement of equal versions, round trips, and that nothing panics.

use std::cmp::Ordering;

use downriver_version::{Format, PackageId, PackageVersionId, Requirement, Version, parse_purl};
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn format() -> impl Strategy<Value = Format> {
    select(&Format::ALL[..])
}

/// Texts that most formats read as versions, with what makes their orders hard.
pub(crate) fn version_text() -> impl Strategy<Value = String> {
    let part = select(
        &[
            "0", "1", "2", "10", "00", "a", "alpha", "b", "rc", "dev", "post1", "sp", "x",
            "SNAPSHOT",
        ][..],
    );
    let separator = select(&[".", "-", "_", "+", ""][..]);
    (
        prop::collection::vec(select(&["0", "1", "2", "10"][..]), 1..4),
        prop::collection::vec((separator, part), 0..4),
    )
        .prop_map(|(numbers, rest)| {
            let rest: String = rest
                .into_iter()
                .flat_map(|(separator, part)| [separator, part])
                .collect();
            numbers.join(".") + &rest
        })
}

pub(crate) fn requirement_text() -> impl Strategy<Value = String> {
    let operator = select(
        &[
            "", "^", "~", "~>", ">=", "<", "==", "=", "!=", "[", "(", "]", "1.0,", " - ", "||",
            "*", "+",
        ][..],
    );
    prop::collection::vec(
        (
            operator,
            version_text(),
            select(&["", " ", ",", "]", ")", "*", "||", "..<"][..]),
        ),
        1..4,
    )
    .prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(operator, version, end)| [operator.to_owned(), version, end.to_owned()])
            .collect()
    })
}

fn name() -> impl Strategy<Value = String> {
    "[@a-zA-Z0-9._~%+:äé!'*-]{1,20}"
}

pub(crate) fn settings() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        cases: 2000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn the_order_of_versions_is_antisymmetric(format in format(), a in version_text(), b in version_text()) {
        let (Ok(a), Ok(b)) = (Version::parse(format, &a), Version::parse(format, &b)) else { return Ok(()) };
        prop_assert_eq!(a.compare(&b), b.compare(&a).map(Ordering::reverse));
        prop_assert_eq!(a.compare(&a), Some(Ordering::Equal));
    }

    #[test]
    fn the_order_of_versions_is_transitive(
        format in format(), a in version_text(), b in version_text(), c in version_text()
    ) {
        let parsed = [&a, &b, &c].map(|text| Version::parse(format, text));
        let [Ok(a), Ok(b), Ok(c)] = parsed else { return Ok(()) };
        if a.compare(&b) != Some(Ordering::Greater) && b.compare(&c) != Some(Ordering::Greater) {
            prop_assert_ne!(a.compare(&c), Some(Ordering::Greater), "{} {} {}", a.as_str(), b.as_str(), c.as_str());
        }
    }

    #[test]
    fn versions_of_two_formats_do_not_compare(a in format(), b in format(), text in version_text()) {
        let (Ok(left), Ok(right)) = (Version::parse(a, &text), Version::parse(b, &text)) else { return Ok(()) };
        prop_assert_eq!(left.compare(&right).is_some(), a == b);
    }

    #[test]
    fn what_is_selected_is_one_of_the_candidates(
        format in format(), requirement in requirement_text(), candidates in prop::collection::vec(version_text(), 0..6)
    ) {
        let Ok(requirement) = Requirement::parse(format, &requirement) else { return Ok(()) };
        let candidates: Vec<Version> = candidates.iter().filter_map(|text| Version::parse(format, text).ok()).collect();
        if let Some(selected) = requirement.selects(&candidates) {
            prop_assert!(candidates.iter().any(|candidate| candidate.as_str() == selected.as_str()));
        }
    }

    #[test]
    fn no_text_panics(format in format(), text in "\\PC{0,40}", version in "\\PC{0,12}") {
        let requirement = Requirement::parse(format, &text);
        let versions: Vec<Version> = [&text, &version].into_iter().filter_map(|it| Version::parse(format, it).ok()).collect();
        if let Ok(requirement) = requirement {
            let _ = (requirement.kind(), requirement.selects(&versions));
        }
        let _ = (text.parse::<PackageId>(), text.parse::<PackageVersionId>(), parse_purl(&text));
        let _ = parse_purl(&format!("pkg:{text}"));
    }

    #[test]
    fn a_requirement_like_text_does_not_panic(format in format(), text in requirement_text(), version in version_text()) {
        if let (Ok(requirement), Ok(version)) = (Requirement::parse(format, &text), Version::parse(format, &version)) {
            let _ = (requirement.admits(&version), requirement.admits_with_prereleases(&version));
        }
    }

    #[test]
    fn a_package_written_as_a_url_is_read_back_the_same(
        format in format(), namespace in prop::option::of(name()), name in name(), version in "[a-zA-Z0-9.+~@:%-]{1,12}"
    ) {
        let Ok(package) = PackageId::new(format, namespace.as_deref(), &name) else { return Ok(()) };
        prop_assert_eq!(package.to_string().parse::<PackageId>().unwrap(), package.clone());
        let purl = parse_purl(&package.to_string()).unwrap();
        prop_assert_eq!(purl.to_string(), package.to_string());
        let package_version = PackageVersionId::new(package, &version).unwrap();
        prop_assert_eq!(package_version.to_string().parse::<PackageVersionId>().unwrap(), package_version);
    }
}

/// By table, not by property: PEP 440's `===` and Gradle's `1.+` look at the text beside the order.
#[test]
fn equal_versions_are_admitted_alike() {
    let same = [
        (
            Format::Npm,
            "1.2.3+a",
            "1.2.3+b",
            &["^1", "1.2.3", "<1.2.3", ">=1.2.3-0"][..],
        ),
        (
            Format::Maven,
            "1.0",
            "1.0.0.ga",
            &["[1.0]", "[1,2)", "(,1.0)", "1.0"][..],
        ),
        (
            Format::Nuget,
            "1.0",
            "1.0.0.0",
            &["[1.0]", "(1.0,)", "1.0"][..],
        ),
        (Format::Ruby, "1.0", "1.0.0", &["= 1", "~> 1.0", "< 1"][..]),
        (Format::Pypi, "1.0", "1.0.0", &["==1", "~=1.0", "<1"][..]),
    ];
    for (format, a, b, requirements) in same {
        let [a, b] = [a, b].map(|text| Version::parse(format, text).unwrap());
        assert_eq!(a.compare(&b), Some(Ordering::Equal));
        for requirement in requirements {
            let requirement = Requirement::parse(format, requirement).unwrap();
            assert_eq!(
                requirement.admits(&a),
                requirement.admits(&b),
                "{requirement:?}"
            );
        }
    }
}
