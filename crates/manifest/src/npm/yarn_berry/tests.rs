//! What berry writes beyond plain packages.

use super::{decode, is_berry, read, source_of_reference};
use crate::reading::Source;

#[test]
fn a_reference_says_where_the_package_is_from() {
    for (reference, source) in [
        ("npm:1.2.3", Source::Registry),
        (
            "npm:1.2.3::__archiveUrl=https%3A%2F%2Fnpm.acme.example%2Fa.tgz",
            Source::Registry,
        ),
        ("virtual:0123abc#npm:1.2.3", Source::Registry),
        (
            "patch:a@npm%3A1.2.3#~builtin<compat/a>::version=1.2.3&hash=abc",
            Source::Registry,
        ),
        (
            "patch:a@1.2.3#./patches/a.patch::version=1.2.3",
            Source::Registry,
        ),
        (
            "patch:a@patch%3Aa@npm%253A1.2.3%23one.patch#two.patch",
            Source::Registry,
        ),
        (
            "patch:a@https%3A%2F%2Facme.example%2Fa.git%23commit=abc#one.patch",
            Source::Git,
        ),
        ("https://github.com/acme/a.git#commit=abc", Source::Git),
        ("git@github.com:acme/a.git#commit=abc", Source::Git),
        ("https://acme.example/a-1.0.0.tgz", Source::Url),
        (
            "file:../a#../a::hash=abc&locator=root%40workspace%3A.",
            Source::Path,
        ),
        ("portal:../a::locator=root%40workspace%3A.", Source::Path),
        ("link:../a::locator=root%40workspace%3A.", Source::Path),
        ("workspace:packages/a", Source::Workspace),
    ] {
        assert_eq!(source_of_reference(reference, 0), source, "{reference}");
    }
}

#[test]
fn patches_of_patches_end() {
    let reference = "patch:a@patch%3Aa@".repeat(100_000);
    assert_eq!(source_of_reference(&reference, 0), Source::Registry);
}

#[test]
fn percent_signs_that_encode_nothing_stay() {
    assert_eq!(decode("%40acme%2Fa%3A"), "@acme/a:");
    assert_eq!(decode("100%, %4, %zz%"), "100%, %4, %zz%");
}

#[test]
fn the_format_is_told_by_its_metadata() {
    assert!(is_berry("__metadata:\n  version: 8\n"));
    assert!(is_berry("# a comment\n\n__metadata:\n  version: 4\n"));
    assert!(!is_berry(
        "# yarn lockfile v1\n\na@^1:\n  version \"1.0.0\"\n"
    ));
}

#[test]
fn an_entry_without_resolution_is_a_problem_with_its_line() {
    let text = "__metadata:\n  version: 8\n\n\"a@npm:^1\":\n  version: 1.0.0\n";
    let problem = read("yarn.lock", text).unwrap_err();
    assert_eq!(problem.line, Some(4), "{problem}");
}

#[test]
fn a_key_longer_than_yaml_allows_for_is_read() {
    let ranges: Vec<String> = (0..200)
        .map(|minor| format!("some-package@npm:^1.{minor}.0"))
        .collect();
    for key in [
        format!("\"{}\":", ranges.join(", ")),
        format!("? \"{}\"\n:", ranges.join(", ")),
    ] {
        let entry = "\n  version: 1.300.0\n  resolution: \"some-package@npm:1.300.0\"\n";
        let text = format!("__metadata:\n  version: 6\n\n{key}{entry}");
        let lock = read("yarn.lock", &text).unwrap();
        assert_eq!(lock.instances.graph.nodes[0].line, Some(4));
    }
}
