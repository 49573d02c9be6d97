use proptest::prelude::*;

use crate::{Format, Requirement, RequirementKind, Version};

fn version(text: &str) -> Version {
    Version::parse(Format::Cargo, text).unwrap()
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Cargo, text).unwrap()
}

#[test]
fn requirements_admit_what_cargo_says() {
    for (text, inside, outside) in [
        ("1.2.3", "1.2.3 1.9.0 1.2.3+x", "2.0.0 1.2.2 1.3.0-a"),
        ("0.2", "0.2.9", "0.3.0"),
        ("0.0.3", "0.0.3", "0.0.4"),
        ("~1.2", "1.2.9", "1.3.0"),
        ("=1.2", "1.2.0 1.2.9", "1.3.0"),
        ("1.*", "1.0.0", "2.0.0"),
        ("*", "0.0.0", "1.0.0-a"),
        (">=1.0.0-b, <1.5", "1.0.0-c 1.4.0", "1.0.0-a 1.1.0-a 1.5.0"),
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
fn what_cargo_refuses_is_refused() {
    for text in ["", "1 || 2", "> 0.3.0, ,", ">== 1", "*.1", "latest", "01.2"] {
        assert!(Requirement::parse(Format::Cargo, text).is_err(), "{text}");
    }
    for text in [
        "1",
        "1.2",
        "v1.2.3",
        "01.2.3",
        "1.2.3-",
        "18446744073709551616.0.0",
    ] {
        assert!(Version::parse(Format::Cargo, text).is_err(), "{text}");
    }
}

#[test]
fn the_highest_compatible_version_is_selected() {
    let candidates = ["1.2.0", "1.10.0", "1.11.0-a", "2.0.0"].map(version);
    let selected = |text: &str| {
        requirement(text)
            .selects(&candidates)
            .map(|version| version.as_str().to_owned())
    };
    assert_eq!(selected("1.2").as_deref(), Some("1.10.0"));
    assert_eq!(selected("1.11.0-a").as_deref(), Some("1.11.0-a"));
    assert_eq!(selected("3"), None);
}

#[test]
fn kinds_tell_exact_requirements_and_other_sources() {
    assert_eq!(requirement("=1.2.3").kind(), RequirementKind::Exact);
    assert_eq!(requirement("=1.2").kind(), RequirementKind::Range);
    assert_eq!(requirement("1.2.3").kind(), RequirementKind::Range);
    let source = "git+https://example.org/x#abc";
    assert_eq!(
        requirement(source).kind(),
        RequirementKind::NotFromRegistry(source.to_owned())
    );
    assert!(!requirement(source).admits(&version("1.0.0")));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(bytes in any::<Vec<u8>>(), near in "[<>=^~]{0,2}[0-9.*,a-]{0,9}") {
        for text in [String::from_utf8_lossy(&bytes).as_ref(), near.as_str()] {
            let _ = Version::parse(Format::Cargo, text);
            if let Ok(requirement) = Requirement::parse(Format::Cargo, text) {
                requirement.selects(&[version("1.0.0"), version("2.0.0-a")]);
            }
        }
    }

    #[test]
    fn order_is_total(texts in proptest::array::uniform3("[01]\\.[01]\\.[01](-[a1](\\.[01])?)?(\\+[01])?")) {
        let [a, b, c] = texts.map(|text| version(&text));
        let compare = |left: &Version, right: &Version| left.compare(right).unwrap();
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }
}
