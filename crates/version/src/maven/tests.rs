use std::cmp::Ordering;

use crate::{Format, Requirement, RequirementKind, Version};

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Maven, text).unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(Format::Maven, text).unwrap()
}

fn selected<'a>(text: &str, candidates: &'a [Version]) -> Option<&'a str> {
    requirement(text).selects(candidates).map(Version::as_str)
}

#[test]
fn versions_are_ordered_as_the_resolver_orders_them() {
    let ordered = [
        "1.min",
        "1-alpha1",
        "1-alpha2",
        "1-beta1",
        "1-milestone",
        "1-rc1",
        "1-SNAPSHOT",
        "1",
        "1-sp",
        "1-sp2",
        "1-abc",
        "1-xyz",
        "1.0.1",
        "1-1",
        "1.2",
        "1.10",
        "1.12345678901",
        "1.max",
        "2",
    ];
    for (position, a) in ordered.iter().enumerate() {
        for (other, b) in ordered.iter().enumerate() {
            assert_eq!(
                version(a).compare(&version(b)),
                Some(position.cmp(&other)),
                "{a} and {b}"
            );
        }
    }
}

#[test]
fn different_texts_can_be_the_same_version() {
    for (a, b) in [
        ("1", "1.0.0"),
        ("1.0", "1-ga"),
        ("1.0.FINAL", "1.0.0.release"),
        ("1a1", "1-alpha-1"),
        ("1.0-RC", "1-cr"),
        ("1m3", "1MILESTONE3"),
        ("1.0-SNAPSHOT", "1-snapshot"),
        ("001.02", "1.2"),
        ("1_2", "1.2"),
        ("", "0"),
        ("1.0.0-x", "1-x"),
    ] {
        assert_eq!(
            version(a).compare(&version(b)),
            Some(Ordering::Equal),
            "{a} and {b}"
        );
    }
    assert_ne!(
        version("1a").compare(&version("1-alpha")),
        Some(Ordering::Equal)
    );
}

#[test]
fn versions_before_a_release_are_pre_releases() {
    for (text, expected) in [
        ("1.0", false),
        ("1.0-SNAPSHOT", true),
        ("1.0-rc-1", true),
        ("1.0.M1", true),
        ("1.0-jre", false),
        ("1.0-sp1", false),
        ("1.0-20240131.101500-3", true),
        ("1.0.20240131", false),
        ("1.0.Final", false),
    ] {
        assert_eq!(version(text).is_prerelease(), expected, "{text}");
    }
}

#[test]
fn ranges_admit_what_the_resolver_admits() {
    for (range, text, expected) in [
        ("[1.0,2.0)", "1.0", true),
        ("[1.0,2.0)", "2.0", false),
        ("[1.0,2.0)", "2.0-rc1", true),
        ("[1.0,2.0)", "1.0-SNAPSHOT", false),
        ("(,1.0],[1.2,)", "1.1", false),
        ("(,1.0],[1.2,)", "1.2", true),
        ("(1.0, 2.0]", "2.0.0", true),
        ("[1.2]", "1.2.0", true),
        ("[1.2]", "1.2.1", false),
        ("[1.2.*]", "1.2.9-x", true),
        ("[1.2.*]", "1.3", false),
        ("[1.2.*]", "1.2-alpha", true),
        ("]1.0,2.0[", "1.0", false),
        ("]1.0,2.0[", "1.5", true),
        ("[1.0,2.0[", "1.0", true),
        ("[1.0,2.0[", "2.0", false),
        ("1.+", "1.9", true),
        ("1.+", "10.1", false),
        ("1+", "10.1", true),
        ("+", "3", true),
        ("latest.integration", "3-SNAPSHOT", true),
        ("latest.release", "3-SNAPSHOT", false),
        ("LATEST", "1", true),
        ("RELEASE", "1-SNAPSHOT", false),
        ("1.0.5", "1.0.6", false),
        ("1.0.5", "1.0.5.0", true),
    ] {
        assert_eq!(
            requirement(range).admits(&version(text)),
            expected,
            "{range} and {text}"
        );
    }
}

#[test]
fn requirements_have_their_kinds() {
    for (text, kind) in [
        ("1.0", RequirementKind::SoftPin),
        ("1.0-SNAPSHOT", RequirementKind::Mutable),
        ("[1.0]", RequirementKind::Exact),
        ("[1.0,1.0]", RequirementKind::Exact),
        ("[1.0,2)", RequirementKind::Range),
        ("[1.2.*]", RequirementKind::Range),
        ("LATEST", RequirementKind::Range),
        ("RELEASE", RequirementKind::Range),
        ("1.+", RequirementKind::Range),
        ("latest.release", RequirementKind::Range),
        ("${revision}", RequirementKind::SoftPin),
    ] {
        assert_eq!(requirement(text).kind(), kind, "{text}");
    }
}

#[test]
fn broken_ranges_are_errors() {
    for text in [
        "",
        "[1,",
        "(1.0",
        "[1.0)",
        "(1.0]",
        "[1.1,1.0]",
        "[1,2,3)",
        "[1,2] 3",
        "[1,2],x",
        "[",
        "][",
    ] {
        assert!(Requirement::parse(Format::Maven, text).is_err(), "{text}");
    }
}

#[test]
fn a_soft_pin_selects_the_very_text_and_a_range_the_highest() {
    let candidates = ["1.0.0", "1.0", "1.2", "1.3-SNAPSHOT"].map(version);
    assert_eq!(selected("1.0", &candidates), Some("1.0"));
    assert_eq!(selected("1", &candidates), None);
    assert_eq!(selected("[1.0,1.2]", &candidates), Some("1.2"));
    assert_eq!(selected("LATEST", &candidates), Some("1.3-SNAPSHOT"));
    assert_eq!(selected("RELEASE", &candidates), Some("1.2"));
    assert_eq!(selected("1.3-SNAPSHOT", &candidates), Some("1.3-SNAPSHOT"));
    assert_eq!(selected("[2,)", &candidates), None);
}

#[test]
fn a_long_bound_is_refused_before_it_costs_anything() {
    let error =
        Requirement::parse(Format::Maven, &format!("[{},2]", "0.".repeat(2000))).unwrap_err();
    assert!(error.reason.contains("longer"), "{}", error.reason);
}
