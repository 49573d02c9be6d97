use super::desugar::{self, Options};
use super::range::Range;
use super::version::Version;
use crate::{Format, Requirement, RequirementKind};

fn requirement(text: &str) -> Requirement {
    Requirement::parse(Format::Npm, text).unwrap()
}

fn admits(range: &str, version: &str) -> bool {
    requirement(range).admits(&version_of(version))
}

fn version_of(text: &str) -> crate::Version {
    crate::Version::parse(Format::Npm, text).unwrap()
}

#[test]
fn versions_are_ordered_by_numbers_then_pre_release_without_the_build() {
    let ordered = [
        "0.0.0-0",
        "0.0.0",
        "0.0.1",
        "0.9.0",
        "0.10.0",
        "1.0.0-0",
        "1.0.0-1",
        "1.0.0-10",
        "1.0.0-1a",
        "1.0.0-a",
        "1.0.0-a.5",
        "1.0.0-a.10",
        "1.0.0-a.b",
        "1.0.0-beta",
        "1.0.0",
        "2.0.0",
    ];
    for (position, a) in ordered.iter().enumerate() {
        for (other, b) in ordered.iter().enumerate() {
            assert_eq!(
                version_of(a).compare(&version_of(b)),
                Some(position.cmp(&other)),
                "{a} and {b}"
            );
        }
    }
    assert_eq!(
        version_of("1.2.3+a").compare(&version_of("v1.2.3+b")),
        Some(std::cmp::Ordering::Equal)
    );
}

#[test]
fn what_is_no_version_is_refused_with_the_reason() {
    for text in [
        "",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-01",
        "1.2.3-",
        "1.2.3beta",
        "=1.2.3",
        "hello",
        "0.0.9007199254740992",
    ] {
        assert!(Version::parse(text, false).is_err(), "{text}");
    }
    assert!(Version::parse(&format!("1.2.3-{}", "a".repeat(256)), false).is_err());
}

#[test]
fn ranges_admit_what_node_semver_admits() {
    let table = [
        ("", "1.0.0", true),
        ("*", "1.2.3-foo", false),
        ("x", "1.2.3", true),
        ("||", "1.3.4", true),
        ("1.2.3 - 2.3", "2.3.9", true),
        ("1.2.3 - 2.3", "2.4.0", false),
        ("1.0 - x", "9.0.0", true),
        ("1.2.3+asdf - 2.4.3+asdf", "2.4.3-alpha", false),
        ("~1.2.1 >=1.2.3", "1.2.2", false),
        ("~> 1", "1.9.0", true),
        ("~0.0.1", "0.1.0-alpha", false),
        ("~ 1.0", "1.1.0", false),
        ("^0.1", "0.1.9", true),
        ("^0.1", "0.2.0", false),
        ("^0.0.1", "0.0.2", false),
        ("^0", "0.9.9", true),
        ("^ 1", "1.4.2", true),
        ("^1.2.3-beta.2", "1.2.3-beta.4", true),
        ("^1.2.3-beta.2", "1.2.4-beta.4", false),
        ("^1.2.3-beta.2", "2.0.0-beta", false),
        ("<1", "1.0.0-0", false),
        ("<=0.7.x", "0.7.9", true),
        (">1", "1.9.9", false),
        (">1.2", "1.3.0", true),
        ("=0.7.x", "0.7.2", true),
        ("<X", "0.0.0", false),
        ("<x <* || >* 2.x", "2.1.0", false),
        (">=1.2.3||<0.5", "0.4.0", true),
        ("* || 1.0.0-beta", "1.0.0-beta", false),
        ("1.x+build.123 <1.3", "1.2.9", true),
        (">=\t1.0.0", "1.0.0", true),
    ];
    for (range, version, expected) in table {
        assert_eq!(admits(range, version), expected, "{range} and {version}");
    }
}

#[test]
fn include_prerelease_lowers_the_bounds_that_were_not_written_in_full() {
    let table = [
        ("2.x", "2.0.0-pre.0", true),
        ("2.x", "3.0.0-pre.0", false),
        ("~1.1", "1.1.0-a", true),
        ("^1", "1.0.0-a", true),
        ("^1.0.0", "1.0.0-rc1", false),
        ("1 - 2", "3.0.0-pre", false),
        ("1 - 2", "1.0.0-pre", true),
        ("*", "1.0.0-rc1", true),
        (">=1.0.0 <=1.1.0", "1.1.0-pre", true),
        ("1.0.0 - 2.0.0", "2.0.1-a", false),
        (">=0.7.x", "0.7.0-asdf", true),
        ("<1.0", "1.0.0-a", false),
    ];
    for (range, version, expected) in table {
        let found = requirement(range).admits_with_prereleases(&version_of(version));
        assert_eq!(found, expected, "{range} and {version}");
    }
}

#[test]
fn ranges_are_rewritten_as_node_semver_rewrites_them() {
    let strict = Options {
        loose: false,
        prereleases: false,
    };
    let table = [
        ("^1.2.3", ">=1.2.3 <2.0.0-0"),
        ("^0.0.1-beta", ">=0.0.1-beta <0.0.2-0"),
        ("~1.x", ">=1.0.0 <2.0.0-0"),
        ("~>1.2", ">=1.2.0 <1.3.0-0"),
        ("1.2.*", ">=1.2.0 <1.3.0-0"),
        (">1.2", ">=1.3.0"),
        ("<=7.x", "<8.0.0-0"),
        (">*", "<0.0.0-0"),
        ("*", ""),
        (">=*", ""),
        ("1.*.5", "1..5"),
        ("=1.2.3", "=1.2.3"),
    ];
    for (written, expected) in table {
        assert_eq!(
            desugar::comparator(written, strict).unwrap(),
            expected,
            "{written}"
        );
    }
    assert_eq!(
        desugar::hyphen("1.2 - 3.4", strict).unwrap(),
        ">=1.2.0 <3.5.0-0"
    );
    assert!(desugar::comparator("^9007199254740992.0.0", strict).is_err());
}

#[test]
fn the_loose_reading_takes_what_the_strict_one_refuses() {
    for (text, version, expected) in [
        (">01.02.03", "2.0.0", true),
        ("~ 1.0.3alpha", "1.0.12", true),
        ("1.2.3beta - 2", "1.2.3-beta", true),
        ("== 1.0.0 || foo", "2.0.0", false),
        ("1.x.5 || 2.x", "2.5.0", true),
        ("1.2.34.5", "1.2.3-4.5", true),
    ] {
        assert!(Range::parse(text, false).is_err(), "{text}");
        assert_eq!(admits(text, version), expected, "{text} and {version}");
    }
}

#[test]
fn specifications_have_the_kind_that_npm_gives_them() {
    let not_from_registry = |source: &str| RequirementKind::NotFromRegistry(source.to_owned());
    let table = [
        ("1.2.3", RequirementKind::Exact),
        ("=v1.2.3", RequirementKind::Exact),
        ("^1.2.3", RequirementKind::Range),
        ("", RequirementKind::Range),
        ("1.2", RequirementKind::Range),
        ("latest", RequirementKind::Tag("latest".to_owned())),
        ("next-11", RequirementKind::Tag("next-11".to_owned())),
        ("1.*.5", RequirementKind::Tag("1.*.5".to_owned())),
        ("npm:@acme/tokens@^2", RequirementKind::Range),
        ("npm:tokens", RequirementKind::Range),
        ("npm:tokens@2.0.0", RequirementKind::Exact),
        ("npm:^2.0.0", RequirementKind::Range),
        ("npm:tokens@next", RequirementKind::Tag("next".to_owned())),
        ("workspace:*", not_from_registry("workspace")),
        ("catalog:", not_from_registry("catalog")),
        ("file:../x", not_from_registry("file")),
        ("../x", not_from_registry("file")),
        ("~/x", not_from_registry("file")),
        ("x.tgz", not_from_registry("file")),
        ("link:../x", not_from_registry("link")),
        ("portal:../x", not_from_registry("portal")),
        ("patch:a@npm%3A1#./p", not_from_registry("patch")),
        (
            "git+ssh://git@host/a.git#semver:^1",
            not_from_registry("git"),
        ),
        ("git@host:a/b.git", not_from_registry("git")),
        ("git://host/a", not_from_registry("git")),
        ("https://host/a.git#v1", not_from_registry("git")),
        ("https://host/a.tgz", not_from_registry("url")),
        ("github:a/b", not_from_registry("github")),
        ("a/b#main", not_from_registry("github")),
        ("a/b/c", not_from_registry("file")),
    ];
    for (text, kind) in table {
        assert_eq!(requirement(text).kind(), kind, "{text}");
    }
}

#[test]
fn an_alias_names_its_target_and_admits_by_its_range() {
    let alias = requirement("npm:@acme/tokens@^2");
    assert_eq!(alias.alias(), Some("@acme/tokens"));
    assert!(alias.admits(&version_of("2.4.0")) && !alias.admits(&version_of("3.0.0")));
    assert_eq!(requirement("npm:tokens@1").alias(), Some("tokens"));
    assert_eq!(requirement("npm:^1").alias(), None);
    assert_eq!(requirement("^1").alias(), None);
}

#[test]
fn what_npm_cannot_read_is_an_error_with_a_reason() {
    for text in [
        "npm:",
        "npm:@acme",
        "npm:a@npm:b",
        "npm:a@file:b",
        "not a tag",
        ">1.2.b!",
    ] {
        let error = Requirement::parse(Format::Npm, text).unwrap_err();
        assert!(!error.reason.is_empty(), "{text}");
    }
}

#[test]
fn a_build_selects_the_highest_admitted_and_nothing_for_a_tag() {
    let candidates = ["1.0.0", "1.4.0", "1.3.0", "1.5.0-beta", "2.0.0"].map(version_of);
    assert_eq!(
        requirement("^1")
            .selects(&candidates)
            .map(crate::Version::as_str),
        Some("1.4.0")
    );
    assert_eq!(
        requirement("^1.5.0-a")
            .selects(&candidates)
            .map(crate::Version::as_str),
        Some("1.5.0-beta")
    );
    assert!(requirement("^3").selects(&candidates).is_none());
    assert!(requirement("latest").selects(&candidates).is_none());
}

#[test]
fn a_requirement_longer_than_the_bound_is_refused_and_one_as_long_as_it_is_read() {
    const LEN_MAX: usize = 64 * 1024;
    for unit in [
        "=", "0", "0.", "1 ", "~", "^ ", "> ", "||", "+a", "1.x||", "x", "<=v ", "1.2.3-",
        "\u{3000}",
    ] {
        let text = unit.repeat(LEN_MAX / unit.len());
        let _ = Requirement::parse(Format::Npm, &text);
        let error = Requirement::parse(Format::Npm, &unit.repeat(LEN_MAX + 1)).unwrap_err();
        assert!(error.reason.contains("bytes"), "{}", error.reason);
    }
}
