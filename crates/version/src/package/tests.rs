use crate::{Format, PackageId, PackageVersionId};

fn package(format: Format, namespace: Option<&str>, name: &str) -> String {
    PackageId::new(format, namespace, name).unwrap().to_string()
}

fn refusal(text: &str) -> String {
    text.parse::<PackageId>().unwrap_err().to_string()
}

#[test]
fn names_are_normalised_as_codeartifact_stores_them() {
    for (format, namespace, name, expected) in [
        (
            Format::Npm,
            Some("@acme"),
            "tokens",
            "pkg:npm/%40acme/tokens",
        ),
        (
            Format::Npm,
            Some("acme"),
            "Tokens",
            "pkg:npm/%40acme/Tokens",
        ),
        (Format::Npm, None, "JSONStream", "pkg:npm/JSONStream"),
        (
            Format::Pypi,
            None,
            "Zope.__Interface",
            "pkg:pypi/zope-interface",
        ),
        (
            Format::Nuget,
            None,
            "Newtonsoft.Json",
            "pkg:nuget/newtonsoft.json",
        ),
        (
            Format::Swift,
            Some("Acme"),
            "Tokens",
            "pkg:swift/acme/tokens",
        ),
        (
            Format::Maven,
            Some("com.Acme"),
            "Lib",
            "pkg:maven/com.Acme/Lib",
        ),
        (Format::Ruby, None, "rails", "pkg:gem/rails"),
        (Format::Cargo, Some(""), "serde", "pkg:cargo/serde"),
        (Format::Generic, None, "tool", "pkg:generic/tool"),
        (
            Format::Generic,
            Some("team"),
            "tool",
            "pkg:generic/team/tool",
        ),
    ] {
        assert_eq!(package(format, namespace, name), expected);
        assert_eq!(expected.parse::<PackageId>().unwrap().to_string(), expected);
    }
    assert_eq!(
        "pkg:npm/%40acme/tokens"
            .parse::<PackageId>()
            .unwrap()
            .namespace(),
        Some("acme")
    );
}

#[test]
fn what_codeartifact_cannot_hold_is_refused_with_the_part_and_the_remedy() {
    for (format, namespace, name, expected) in [
        (
            Format::Maven,
            None,
            "lib",
            "the maven package `lib` has no namespace: give its group, as in `pkg:maven/com.acme/lib`",
        ),
        (
            Format::Swift,
            None,
            "lib",
            "the swift package `lib` has no namespace: give its scope, as in `pkg:swift/acme/lib`",
        ),
        (
            Format::Cargo,
            Some("a"),
            "b",
            "the cargo package `b` has the namespace `a`, but cargo packages have none: leave it out",
        ),
        (
            Format::Npm,
            None,
            "",
            "the npm package's name is empty: CodeArtifact needs 1 to 255 characters",
        ),
        (
            Format::Npm,
            Some("@"),
            "a",
            "the npm package's namespace is empty: CodeArtifact needs 1 to 255 characters",
        ),
        (
            Format::Npm,
            None,
            "a b",
            "the npm package's name contains the character U+0020 (`a b`), which CodeArtifact does not allow: remove it",
        ),
        (
            Format::Npm,
            None,
            "a\u{202e}b",
            "the npm package's name contains the character U+202E (`a\\u{202e}b`), which CodeArtifact does not allow: remove it",
        ),
        (
            Format::Npm,
            None,
            "@acme/a",
            "the npm package's name contains `/` (`@acme/a`), which CodeArtifact does not allow: write namespace and name apart",
        ),
    ] {
        assert_eq!(
            PackageId::new(format, namespace, name)
                .unwrap_err()
                .to_string(),
            expected
        );
    }
    assert!(PackageId::new(Format::Npm, None, &"ä".repeat(255)).is_ok());
    let long = PackageId::new(Format::Npm, None, &"a".repeat(256)).unwrap_err();
    assert!(long.to_string().contains("256 characters"), "{long}");
}

#[test]
fn a_text_that_is_no_package_url_gets_a_proposal() {
    for (text, proposal) in [
        ("@acme/tokens", "pkg:npm/%40acme/tokens"),
        ("@acme/tokens@2.0.0", "pkg:npm/%40acme/tokens@2.0.0"),
        ("npm:@acme/tokens", "pkg:npm/%40acme/tokens"),
        ("npm/lodash", "pkg:npm/lodash"),
        ("com.acme:lib", "pkg:maven/com.acme/lib"),
        ("com.acme:lib:1.0", "pkg:maven/com.acme/lib@1.0"),
        ("ruby/rails", "pkg:gem/rails"),
    ] {
        let message = refusal(text);
        assert!(
            message.ends_with(&format!("did you mean `{proposal}`?")),
            "{message}"
        );
    }
    assert_eq!(
        refusal("lodash"),
        "`lodash` is not a package URL: write one such as `pkg:npm/%40acme/tokens`"
    );
    assert!(refusal("pkg:ruby/rails").ends_with("did you mean `gem`?"));
    assert!(
        refusal("pkg:golang/x")
            .contains("expected one of cargo, generic, maven, npm, nuget, pypi, gem, swift")
    );
    assert_eq!(
        refusal("pkg:npm/a@1.0.0"),
        "`pkg:npm/a@1.0.0` names the version `1.0.0`, but a package without one is needed: write `pkg:npm/a`"
    );
    assert!(refusal("pkg:swift/github.com/a/b").contains("contains `/`"));
}

#[test]
fn a_package_version_is_read_written_and_normalised() {
    for (text, expected) in [
        (
            "pkg:npm/%40acme/tokens@2.4.0",
            "pkg:npm/%40acme/tokens@2.4.0",
        ),
        (
            "pkg:npm/@acme/tokens@2.4.0?vcs_url=x#y",
            "pkg:npm/%40acme/tokens@2.4.0",
        ),
        ("pkg:pypi/Foo_Bar@1.0+local", "pkg:pypi/foo-bar@1.0%2Blocal"),
        (
            "pkg:maven/com.acme/lib@1.0?type=jar",
            "pkg:maven/com.acme/lib@1.0",
        ),
        ("pkg:nuget/A.B@01.2.3.0+meta", "pkg:nuget/a.b@1.2.3"),
    ] {
        assert_eq!(
            text.parse::<PackageVersionId>().unwrap().to_string(),
            expected
        );
    }
    let missing = "pkg:npm/a"
        .parse::<PackageVersionId>()
        .unwrap_err()
        .to_string();
    assert_eq!(
        missing,
        "`pkg:npm/a` names no version: append one, as in `pkg:npm/a@1.2.3`"
    );
    let package: PackageId = "pkg:npm/a".parse().unwrap();
    assert!(PackageVersionId::new(package, "1 2").is_err());
}
