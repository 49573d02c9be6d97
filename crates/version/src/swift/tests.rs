use std::cmp::Ordering;

use proptest::prelude::*;

use crate::{Format, Requirement, RequirementKind, Version};

fn version(text: &str) -> Version {
    Version::parse(Format::Swift, text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Swift, text).unwrap()
}

#[test]
fn versions_are_in_the_order_of_swift() {
    let ascending = [
        "0.0.1",
        "1.2.3--5",
        "1.2.3-1",
        "1.2.3-2.a",
        "1.2.3-",
        "1.2.3-123alpha",
        "1.2.3-alpha",
        "1.2.3-alpha.1",
        "1.2.3-beta",
        "1.2.3+x",
        "1.2.10",
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
    for (left, right) in [
        ("1.2.3", "01.2.3+meta"),
        ("1.2.3-a", "1.2.3-a+b.c-"),
        ("1.0.0-07.a", "1.0.0-7.a"),
    ] {
        assert_eq!(
            version(left).compare(&version(right)),
            Some(Ordering::Equal),
            "{left} {right}"
        );
    }
}

#[test]
fn what_swift_refuses_as_a_version_is_refused() {
    for text in [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "v1.2.3",
        "1.2.x",
        "1..3",
        "1.2.3-a_b",
        "1.2.3+a+b",
        "1.2.é",
        "9223372036854775808.0.0",
    ] {
        assert!(Version::parse(Format::Swift, text).is_err(), "{text}");
    }
}

#[test]
fn requirements_admit_what_swift_says() {
    for (text, inside, outside) in [
        (
            "1.0.0..<2.0.0",
            "1.0.0 1.9.9 1.0.0+x",
            "2.0.0 1.5.0-a 2.0.0-a 1.0.0-a",
        ),
        (
            r#" "1.0.0" ..< "2.0.0-beta" "#,
            "1.5.0-a 2.0.0-alpha",
            "2.0.0-beta 2.0.0",
        ),
        (
            "1.0.0-alpha..<2.0.0",
            "1.0.0-beta 1.5.0-a",
            "2.0.0-a 1.0.0-a",
        ),
        ("1.0.0...1.2.0", "1.2.0 1.1.9", "1.2.1 1.2.0-a 1.2.1-a"),
        (r#"from: "1.2.0""#, "1.2.0 1.9.0", "2.0.0 1.1.0"),
        (r#".upToNextMajor(from: "1.2.0")"#, "1.9.0", "2.0.0"),
        (r#"upToNextMinor( from:"1.2.3" )"#, "1.2.9", "1.3.0"),
        (r#"exact: "1.2.3""#, "1.2.3+x", "1.2.4"),
        (r#".exact("1.2.3")"#, "1.2.3", "1.2.3-a"),
        ("1.2.3", "1.2.3", "1.2.4"),
    ] {
        let requirement = requirement(text);
        for inside in inside.split(' ') {
            assert!(requirement.admits(&version(inside)), "{text} {inside}");
        }
        for outside in outside.split(' ') {
            assert!(!requirement.admits(&version(outside)), "{text} {outside}");
        }
    }
}

#[test]
fn what_is_no_requirement_is_refused() {
    for text in [
        "",
        "1.0",
        "2.0.0..<1.0.0",
        "1.0.0..<",
        "from: 1",
        "from",
        "exact(1.0.0",
        ">=1.0.0",
        "upTo: \"1.0.0\"",
        "from: \"9223372036854775807.0.0\"",
        "0.0.0...0.0.9223372036854775807",
    ] {
        assert!(Requirement::parse(Format::Swift, text).is_err(), "{text}");
    }
}

#[test]
fn branches_and_revisions_are_not_from_the_registry() {
    for text in [r#"branch: "main""#, r#".revision("abc")"#, "path: \"../x\""] {
        assert_eq!(
            requirement(text).kind(),
            RequirementKind::NotFromRegistry(text.to_owned())
        );
        assert!(!requirement(text).admits(&version("1.0.0")));
    }
    assert_eq!(requirement("exact: 1.0.0").kind(), RequirementKind::Exact);
    assert_eq!(requirement("from: 1.0.0").kind(), RequirementKind::Range);
}

#[test]
fn the_highest_version_in_the_range_is_selected() {
    let candidates = ["1.2.0", "1.10.0", "1.11.0-a", "2.0.0"].map(version);
    let selected = |text: &str| {
        requirement(text)
            .selects(&candidates)
            .map(|version| version.as_str().to_owned())
    };
    assert_eq!(selected("from: 1.2.0").as_deref(), Some("1.10.0"));
    assert_eq!(selected("from: 3.0.0"), None);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(bytes in any::<Vec<u8>>(), near in "(from|exact|branch|)[:.( ]{0,2}[0-9.<\"-]{0,14}\\)?") {
        for text in [String::from_utf8_lossy(&bytes).as_ref(), near.as_str()] {
            let _ = Version::parse(Format::Swift, text);
            if let Ok(requirement) = Requirement::parse(Format::Swift, text) {
                requirement.selects(&[version("1.0.0"), version("2.0.0-a")]);
            }
        }
    }

    #[test]
    fn order_is_total(texts in proptest::array::uniform3("[01]\\.[01]\\.0(-[a01-]{0,2}(\\.[01a]?)?)?(\\+[01])?")) {
        let [a, b, c] = texts.map(|text| version(&text));
        let compare = |left: &Version, right: &Version| left.compare(right).unwrap();
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }
}
