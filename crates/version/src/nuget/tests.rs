use std::cmp::Ordering;

use proptest::prelude::*;

use crate::{Format, Requirement, RequirementKind, Version};

fn version(text: &str) -> Version {
    Version::parse(Format::Nuget, text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Nuget, text).unwrap()
}

fn selected(text: &str, candidates: &str) -> Option<String> {
    let candidates: Vec<Version> = candidates.split_whitespace().map(version).collect();
    requirement(text)
        .selects(&candidates)
        .map(|version| version.as_str().to_owned())
}

#[test]
fn versions_are_in_the_order_of_nuget() {
    let ascending = [
        "0.1",
        "1.0.0--5",
        "1.0.0-0",
        "1.0.0-2",
        "1.0.0-2147483647",
        "1.0.0--",
        "1.0.0-2147483648",
        "1.0.0-alpha",
        "1.0.0-ALPHA.1",
        "1.0.0-alpha.a",
        "1.0.0-b-",
        "1.0.0-beta",
        "1.0.0+meta",
        "1.0.0.1-a",
        "1.0.0.1",
        "1.2",
        "1.10",
    ];
    for (position, left) in ascending.iter().enumerate() {
        for right in &ascending[position + 1..] {
            assert_eq!(
                version(left).compare(&version(right)),
                Some(Ordering::Less),
                "{left} {right}"
            );
        }
    }
}

#[test]
fn a_version_is_kept_in_its_normal_form() {
    for (text, normal) in [
        ("1", "1.0.0"),
        (" 19   .19   .19   .19   ", "19.19.19.19"),
        ("01.02.003.0+meta", "1.2.3"),
        ("1.2.3.4-RC.1+x", "1.2.3.4-RC.1"),
        ("1.0.2147483647", "1.0.2147483647"),
    ] {
        assert_eq!(version(text).as_str(), normal);
    }
}

#[test]
fn what_nuget_refuses_as_a_version_is_refused() {
    for text in [
        "",
        " ",
        "1.",
        ".1",
        "1..2",
        "1.2.3.4.5",
        "-1",
        "1.0-",
        "1.0+",
        "1.0-a..b",
        "1.0-01",
        "1.0-a^",
        "1 2",
        "v1",
        "1.2147483648",
        "1.0-a+b+c",
        "١",
    ] {
        assert!(Version::parse(Format::Nuget, text).is_err(), "{text}");
    }
}

#[test]
fn ranges_contain_what_lies_between_their_bounds() {
    for (text, inside, outside) in [
        ("1.0", "1.0 2.0-a 99", "1.0-z 0.9"),
        ("[1.0]", "1.0.0.0 1.0+x", "1.0.0.1 1.0-a"),
        ("(1.0,)", "1.0.0.1", "1.0"),
        ("(,1.0]", "0 1.0 1.0-a", "1.0.1"),
        ("[1.0, 2.0)", "1.0 2.0-a", "2.0"),
        ("[1 , 2 .3 ]", "1 2.3", "2.3.1"),
        ("( , )", "0 1-a", ""),
        ("(1.0,1.0)", "", "1.0"),
        ("1.*", "1.0 7", "0.9 1.0-a"),
        ("1.*-*", "1.0-0 1.0-- 7", "0.9"),
        ("[1.1*, 2)", "1.10 1.11", "1.9 2"),
        ("1*", "10 11", "9"),
    ] {
        let requirement = requirement(text);
        for inside in inside.split_whitespace() {
            assert!(requirement.admits(&version(inside)), "{text} {inside}");
        }
        for outside in outside.split_whitespace() {
            assert!(!requirement.admits(&version(outside)), "{text} {outside}");
        }
    }
}

#[test]
fn what_nuget_refuses_as_a_range_is_refused() {
    for text in [
        "",
        " ",
        "[]",
        "(,)",
        "(1.0)",
        "[1.0)",
        "[1.0",
        "1.0]",
        "[",
        "[1,2,3]",
        "[2,1]",
        "(1.0,1.0]",
        "[*]",
        "[1.0,1.*]",
        "1.*.0",
        "*.1",
        "1.**",
        "1.0.0.0.*",
        "1.*-*a",
        "1.0.*--",
        "1.*+x",
        "1.0.0-beta.*.*",
        "~1.*",
        "latest",
        "[1,2é",
    ] {
        assert!(Requirement::parse(Format::Nuget, text).is_err(), "{text}");
    }
}

#[test]
fn a_plain_range_selects_the_lowest_version() {
    for (text, candidates, expected) in [
        ("1.0", "2.0 1.1 1.0.5", Some("1.0.5")),
        ("1.0", "1.1-a 1.2", Some("1.2.0")),
        ("1.0-a", "1.1-a 1.2", Some("1.1.0-a")),
        ("[1.0,2.0-a]", "1.5-x 1.6", Some("1.5.0-x")),
        ("[1.0,2.0)", "0.9 2.0", None),
        ("[1.0]", "1.0.0+x 1.1", Some("1.0.0")),
    ] {
        assert_eq!(
            selected(text, candidates).as_deref(),
            expected,
            "{text} {candidates}"
        );
    }
}

#[test]
fn a_floating_range_selects_the_highest_it_floats_on() {
    for (text, candidates, expected) in [
        ("*", "1.0 3.0-a 2.0", Some("2.0.0")),
        ("*-*", "1.0 3.0-a 2.0", Some("3.0.0-a")),
        ("1.*", "1.0 1.9 2.0 1.9.1-a", Some("1.9.0")),
        ("1.*", "3.0 2.0", Some("2.0.0")),
        ("1.2.*", "1.2.9 1.3 1.2.10", Some("1.2.10")),
        ("1.2.3.*", "1.2.3.4 1.2.4", Some("1.2.3.4")),
        ("1.0.0-*", "1.0.0-a 1.0.0-b 1.0.1", Some("1.0.0-b")),
        (
            "1.0.0-beta.*",
            "1.0.0-BETA.2 1.0.0-rc",
            Some("1.0.0-BETA.2"),
        ),
        ("1.*-rc*", "1.1-RC1 1.0 1.2-beta", Some("1.1.0-RC1")),
        ("[1.*,1.5)", "1.4 1.6", Some("1.4.0")),
        ("*-a*", "1.0-b", Some("1.0.0-b")),
    ] {
        assert_eq!(
            selected(text, candidates).as_deref(),
            expected,
            "{text} {candidates}"
        );
    }
}

#[test]
fn equal_bounds_make_an_exact_requirement() {
    assert_eq!(requirement("[1.0]").kind(), RequirementKind::Exact);
    assert_eq!(requirement("[1.0,1.0.0]").kind(), RequirementKind::Exact);
    assert_eq!(requirement("1.0").kind(), RequirementKind::Range);
    assert_eq!(requirement("1.*").kind(), RequirementKind::Range);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(bytes in any::<Vec<u8>>(), near in "[\\[(]?[ 0-9.*a+-]{0,8}[,]?[ 0-9.*a-]{0,8}[\\])]?") {
        for text in [String::from_utf8_lossy(&bytes).as_ref(), near.as_str()] {
            let _ = Version::parse(Format::Nuget, text);
            if let Ok(requirement) = Requirement::parse(Format::Nuget, text) {
                requirement.selects(&[version("1.0"), version("2-a")]);
            }
        }
    }

    #[test]
    fn order_is_total(texts in proptest::array::uniform3("[0-2](\\.[0-2]){0,3}(-[0-2aB-]{1,3}(\\.[1a]){0,2})?(\\+x)?")) {
        let parsed: Vec<Version> = texts.iter().filter_map(|text| Version::parse(Format::Nuget, text).ok()).collect();
        if let [a, b, c] = &*parsed {
            let compare = |left: &Version, right: &Version| left.compare(right).unwrap();
            prop_assert_eq!(compare(a, b), compare(b, a).reverse());
            if compare(a, b).is_le() && compare(b, c).is_le() {
                prop_assert!(compare(a, c).is_le());
            }
        }
    }

    #[test]
    fn what_is_selected_is_contained(text in "[0-2](\\.[0-2]){0,2}(\\.\\*)?", candidates in proptest::collection::vec("[0-3]\\.[0-3](-a)?", 0..8)) {
        let candidates: Vec<Version> = candidates.iter().map(|text| version(text)).collect();
        if let Ok(requirement) = Requirement::parse(Format::Nuget, &text)
            && let Some(selected) = requirement.selects(&candidates)
        {
            prop_assert!(requirement.admits(selected));
        }
    }
}
