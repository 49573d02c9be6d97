//! What requirements ask for.

use super::{Spec, alias, source_of};
use crate::reading::Source;

#[test]
fn an_alias_names_another_package() {
    assert_eq!(alias("npm:real@^1"), Some(("real", "^1")));
    assert_eq!(alias("npm:@acme/real@next"), Some(("@acme/real", "next")));
    assert_eq!(alias("npm:@acme/real"), Some(("@acme/real", "")));
    for range in [
        "npm:^1.2",
        "npm:1.0.0",
        "npm:*",
        "npm:>=1 <2",
        "^1",
        "npm:",
        "npm:@",
    ] {
        assert_eq!(alias(range), None, "{range}");
    }
    assert_eq!(Spec::parse("old", "npm:real@^1").name, "real");
}

#[test]
fn only_ranges_tags_aliases_and_catalogs_are_of_a_registry() {
    for (text, source) in [
        ("^1.2.3", Source::Registry),
        ("", Source::Registry),
        ("latest", Source::Registry),
        ("npm:real@1", Source::Registry),
        ("npm:^1", Source::Registry),
        ("catalog:ui", Source::Registry),
        ("workspace:^", Source::Workspace),
        ("file:../a", Source::Path),
        ("link:a", Source::Path),
        ("portal:a", Source::Path),
        ("../a", Source::Path),
        ("a-1.0.0.tgz", Source::Path),
        ("https://files.example/a.tgz", Source::Url),
        ("https://code.example/a.git#v1", Source::Git),
        ("git+ssh://git@code.example/a.git", Source::Git),
        ("acme/a#v1", Source::Git),
        ("github:acme/a", Source::Git),
        ("patch:a@npm%3A1.0.0#~/a.patch", Source::Registry),
        ("patch:a@file%3A../a#a.patch", Source::Path),
    ] {
        assert_eq!(source_of(text), source, "{text}");
    }
}
