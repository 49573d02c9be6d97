use std::cmp::Ordering;

use proptest::prelude::*;

use crate::{Format, Requirement, RequirementKind, Version};

fn version(text: &str) -> Version {
    Version::parse(Format::Generic, text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Generic, text).unwrap()
}

#[test]
fn versions_are_in_natural_order() {
    let ascending = [
        "1",
        "1.01",
        "1.1",
        "1.2",
        "1.10",
        "1.10a",
        "2024-01-09",
        "2024-01-10",
        "18446744073709551616",
        "b2",
        "b10",
        "é",
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
fn a_requirement_is_exact_or_a_glob() {
    for (text, inside, outside) in [
        ("1.0", "1.0", "1.0.0 1.00"),
        ("*", "1 x", ""),
        ("1.*", "1. 1.x.y", "1 21.0"),
        ("?.0", "1.0 é.0", "11.0 .0"),
        ("*-rc*", "1-rc 1-r-rc2", "1-r"),
        ("a*b*c", "abc aXbbc", "abcd"),
    ] {
        let requirement = requirement(text);
        let kind = if text == "1.0" {
            RequirementKind::Exact
        } else {
            RequirementKind::Range
        };
        assert_eq!(requirement.kind(), kind);
        for inside in inside.split_whitespace() {
            assert!(requirement.admits(&version(inside)), "{text} {inside}");
        }
        for outside in outside.split_whitespace() {
            assert!(!requirement.admits(&version(outside)), "{text} {outside}");
        }
    }
}

#[test]
fn the_highest_version_by_natural_order_is_selected() {
    let candidates = ["build-9", "build-10", "other-11"].map(version);
    let selected = requirement("build-*")
        .selects(&candidates)
        .map(Version::as_str);
    assert_eq!(selected, Some("build-10"));
}

#[test]
fn empty_texts_and_long_globs_are_refused() {
    assert!(Version::parse(Format::Generic, "").is_err());
    assert!(Requirement::parse(Format::Generic, "").is_err());
    assert!(Requirement::parse(Format::Generic, &"*a".repeat(600)).is_err());
    assert!(!requirement(&"*a".repeat(500)).admits(&version(&"a".repeat(499))));
}

proptest! {
    #[test]
    fn a_glob_of_any_text_matches_it(text in "[ab.0-9é]{1,12}", at in 0..12_usize) {
        let glob: String = text.chars().enumerate().map(|(place, letter)| if place == at { '*' } else { letter }).collect();
        prop_assert!(requirement(&glob).admits(&version(&text)));
    }

    #[test]
    fn order_is_total(texts in proptest::array::uniform3("[01a.é]{1,5}")) {
        let [a, b, c] = texts.map(|text| version(&text));
        let compare = |left: &Version, right: &Version| left.compare(right).unwrap();
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }
}
