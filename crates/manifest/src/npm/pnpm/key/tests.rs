//! Keys as each version of pnpm writes them.

use std::borrow::Cow;

use super::{Keys, without_suffix};

/// Name and version, and whether a registry has it.
fn parse(keys: Keys, key: &str) -> (String, String, bool) {
    let parsed = keys.parse(&Cow::Borrowed(key));
    (
        parsed.name.unwrap_or_default().into_owned(),
        parsed.version.unwrap_or_default().into_owned(),
        parsed.is_from_registry,
    )
}

#[test]
fn packages_of_a_registry_have_name_and_version_in_their_key() {
    let cases = [
        (Keys::Slash, "/a/1.0.0", "a", "1.0.0"),
        (Keys::Slash, "/a/1.0.0_react@16.0.0+b@2.0.0", "a", "1.0.0"),
        (
            Keys::Slash,
            "/a/1.0.0_2d1be6f7ec5c1c1f3a4e2c0b9b5d7a11",
            "a",
            "1.0.0",
        ),
        (
            Keys::Slash,
            "/@acme/a/1.0.0-rc.1_@babel+core@7.0.0",
            "@acme/a",
            "1.0.0-rc.1",
        ),
        (Keys::Slash, "/a/1.0.0/react@16.0.0", "a", "1.0.0"),
        (
            Keys::Slash,
            "npm.acme.example/@acme/a/1.0.0",
            "@acme/a",
            "1.0.0",
        ),
        (Keys::Slash, "/a@1.0.0", "a", "1.0.0"),
        (
            Keys::Slash,
            "/@acme/a@1.0.0(react@18.2.0)(b@1.0.0(c@1.0.0))",
            "@acme/a",
            "1.0.0",
        ),
        (
            Keys::Slash,
            "npm.acme.example/@acme/a@1.0.0(react@18.2.0)",
            "@acme/a",
            "1.0.0",
        ),
        (Keys::At, "a@1.0.0", "a", "1.0.0"),
        (
            Keys::At,
            "@acme/a@1.0.0(patch_hash=ab)(@acme/b@2.0.0)",
            "@acme/a",
            "1.0.0",
        ),
        (Keys::At, "a@1.0.0+build.1", "a", "1.0.0+build.1"),
    ];
    for (keys, key, name, version) in cases {
        assert_eq!(
            parse(keys, key),
            (name.to_owned(), version.to_owned(), true),
            "{key}"
        );
    }
}

#[test]
fn folders_archives_and_git_are_no_packages_of_a_registry() {
    let cases = [
        (Keys::Slash, "file:packages/a"),
        (Keys::Slash, "file:a/b/1.0.0"),
        (
            Keys::Slash,
            "github.com/acme/a/1d7e288222b53a0cab90a331f1865220ec29560c",
        ),
        (Keys::Slash, "@files.acme.example/a/-/a-1.0.0.tgz"),
        (Keys::Slash, "file:packages/a@1.0.0"),
        (
            Keys::Slash,
            "github.com/acme/a/1d7e288222b53a0cab90a331f1865220ec29560c",
        ),
        (Keys::Slash, "@codeload.github.com/acme/a/tar.gz/1d7e28"),
        (Keys::At, "a@file:packages/a"),
        (Keys::At, "a@link:packages/a"),
        (
            Keys::At,
            "a@https://codeload.github.com/acme/a/tar.gz/1d7e28",
        ),
        (Keys::At, "a@git+ssh://git@git.acme.example/a.git#1d7e28"),
        (Keys::At, "node@runtime:22.0.0"),
        (Keys::At, ""),
        (Keys::At, "@"),
        (Keys::Slash, "/"),
        (Keys::Slash, "//@"),
    ];
    for (keys, key) in cases {
        assert!(!parse(keys, key).2, "{key}");
    }
}

#[test]
fn a_reference_means_the_key_of_its_package() {
    let cases = [
        (Keys::Slash, "a", "1.0.0_b@1.0.0", "/a/1.0.0_b@1.0.0"),
        (Keys::Slash, "alias", "/real/1.0.0", "/real/1.0.0"),
        (Keys::Slash, "a", "file:packages/a", "file:packages/a"),
        (
            Keys::Slash,
            "a",
            "1.0.0(@acme/b@1.0.0)",
            "/a@1.0.0(@acme/b@1.0.0)",
        ),
        (
            Keys::Slash,
            "alias",
            "/@acme/real@1.0.0(b@1.0.0)",
            "/@acme/real@1.0.0(b@1.0.0)",
        ),
        (
            Keys::Slash,
            "a",
            "github.com/acme/a/1d7e28",
            "github.com/acme/a/1d7e28",
        ),
        (
            Keys::At,
            "a",
            "1.0.0(@acme/b@1.0.0)",
            "a@1.0.0(@acme/b@1.0.0)",
        ),
        (Keys::At, "alias", "real@1.0.0", "real@1.0.0"),
        (
            Keys::At,
            "alias",
            "@acme/real@1.0.0(b@1.0.0)",
            "@acme/real@1.0.0(b@1.0.0)",
        ),
        (Keys::At, "a", "file:packages/a", "a@file:packages/a"),
        (
            Keys::At,
            "a",
            "https://a.example/a@1.tgz",
            "a@https://a.example/a@1.tgz",
        ),
    ];
    for (keys, name, reference, key) in cases {
        assert!(
            keys.of_reference(name, reference)
                .iter()
                .any(|found| found == key),
            "{name} {reference}"
        );
    }
}

#[test]
fn only_what_is_in_brackets_at_the_end_is_a_suffix() {
    assert_eq!(
        without_suffix("a@1.0.0(b@1.0.0(c@1.0.0))(d@1.0.0)"),
        "a@1.0.0"
    );
    assert_eq!(
        without_suffix("a@file:with (brackets)/a"),
        "a@file:with (brackets)/a"
    );
    assert_eq!(without_suffix("a@1.0.0)"), "a@1.0.0)");
    assert_eq!(without_suffix("()"), "()");
}

#[test]
fn versions_of_the_format_tell_how_keys_are_written() {
    let cases = [
        ("5", Some(Keys::Slash)),
        ("5.4", Some(Keys::Slash)),
        ("5.4-inlineSpecifiers", Some(Keys::Slash)),
        ("6.1", Some(Keys::Slash)),
        ("9.0", Some(Keys::At)),
        ("10.0", None),
        ("4", None),
        ("", None),
    ];
    for (version, keys) in cases {
        assert_eq!(Keys::of_version(version), keys, "{version}");
    }
}
