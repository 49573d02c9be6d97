use std::cmp::Ordering;

use proptest::prelude::*;

use crate::{Format, Requirement, RequirementKind, Version};

fn version(text: &str) -> Version {
    Version::parse(Format::Ruby, text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Ruby, text).unwrap()
}

#[test]
fn versions_are_in_the_order_of_rubygems() {
    let ascending = [
        "0.beta.1",
        "0",
        "1.0.0.a",
        "1.0.0.pre.1",
        "1.0.0.rc1",
        "1.0.0.rc2",
        "1.0.0.rc10",
        "1.0",
        "1.0.0.1",
        "1.8.2.a9",
        "1.8.2.a10",
        "1.8.2.b",
        "1.8.2",
        "1.10",
        "1.20141116123456",
        "1.99999999999999999999",
        "1.100000000000000000000",
        "5.a",
        "5.0.0.rc2",
        "5.x",
        "5",
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
fn zeros_that_do_not_count_make_no_difference() {
    for (left, right) in [
        ("", "0"),
        (" 1.0\n", "1"),
        ("1.0.0", "1.00"),
        ("0.0.beta.1", "0.beta.1"),
        ("1.0.a", "1.a"),
        ("1.a.0", "1.a"),
        ("1.a0", "1.a"),
        ("1.0.0-rc.1", "1.0.0.pre.rc.1"),
        ("1.a.0.b", "1.a.b"),
    ] {
        assert_eq!(
            version(left).compare(&version(right)),
            Some(Ordering::Equal),
            "{left} {right}"
        );
    }
    assert_ne!(
        version("1.0.a.0.b").compare(&version("1.a.b")),
        Some(Ordering::Equal)
    );
    assert_ne!(version("10").compare(&version("1")), Some(Ordering::Equal));
}

#[test]
fn what_rubygems_refuses_as_a_version_is_refused() {
    for text in [
        "junk", "1.", "1..2", ".1", "1.0\n2.0", "1a", "1_0", "1.0-", "1.2 3", "1+1", "1.é",
    ] {
        assert!(Version::parse(Format::Ruby, text).is_err(), "{text}");
    }
}

#[test]
fn clauses_admit_what_rubygems_says() {
    for (text, inside, outside) in [
        ("", "0 1", "0.a"),
        ("1.0", "1 1.0.0", "1.0.1 1.0.a"),
        ("= 1.0", "1", "2"),
        ("!=1", "2 1.a", "1.0"),
        ("> 1.0.rc1", "1 1.0.rc2", "1.0.rc1"),
        ("~> 1.0", "1.0 1.9 1.9.a", "0.9 2.0 2.0.a 1.0.rc1"),
        ("~>1.4.2", "1.4.2 1.4.99", "1.5 1.4"),
        ("~> 3", "3 3.9", "4 2 4.a"),
        ("~> 1.0.rc1", "1.0.rc1 1.9 1.0", "2 1.0.a"),
        (
            "~> 1.99999999999999999999.1",
            "1.99999999999999999999.2",
            "1.100000000000000000000",
        ),
        (">= 1.4.4, < 1.5", "1.4.4 1.5.a", "1.5 1.4.3"),
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
fn what_rubygems_refuses_as_a_requirement_is_refused() {
    for text in [
        "=", "=> 1", "~> ", "> 1 2", "1.0,", ", 1", "^1", "*", ">= junk", "== 1", "! 1",
    ] {
        assert!(Requirement::parse(Format::Ruby, text).is_err(), "{text}");
    }
}

#[test]
fn prereleases_are_selected_only_if_the_requirement_names_one() {
    let candidates = ["1.0", "2.0.rc1", "1.9"].map(version);
    let selected = |text: &str| {
        requirement(text)
            .selects(&candidates)
            .map(|version| version.as_str().to_owned())
    };
    assert_eq!(selected(">= 1").as_deref(), Some("1.9"));
    assert_eq!(selected(">= 1.a").as_deref(), Some("2.0.rc1"));
    assert_eq!(selected("> 1.9"), None);
}

#[test]
fn kinds_tell_exact_requirements_and_source_sets() {
    assert_eq!(requirement("1.0").kind(), RequirementKind::Exact);
    assert_eq!(requirement("~> 1.0").kind(), RequirementKind::Range);
    assert_eq!(
        requirement("!").kind(),
        RequirementKind::NotFromRegistry("!".to_owned())
    );
    assert!(!requirement("!").admits(&version("1")));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(bytes in any::<Vec<u8>>(), near in "[~><=!]{0,2} ?[0-9.a-]{0,9}") {
        for text in [String::from_utf8_lossy(&bytes).as_ref(), near.as_str()] {
            let _ = Version::parse(Format::Ruby, text);
            if let Ok(requirement) = Requirement::parse(Format::Ruby, text) {
                requirement.selects(&[version("1.0"), version("2.a")]);
            }
        }
    }

    #[test]
    fn order_is_total(texts in proptest::array::uniform3("[0-2](\\.(0|1|a|b|a0|0a|10)){0,4}(-[01a])?")) {
        let [a, b, c] = texts.map(|text| version(&text));
        let compare = |left: &Version, right: &Version| left.compare(right).unwrap();
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }
}
