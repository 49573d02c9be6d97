//! Patterns of members.

use super::matches;

#[test]
fn patterns_follow_the_glob_crate() {
    for (pattern, folder, is_match) in [
        ("crates/*", "crates/a", true),
        ("crates/*", "crates/a/b", false),
        ("crates/*", "crates", false),
        ("./crates/*/", "crates/a", true),
        ("**", "a/b/c", true),
        ("crates/**/x", "crates/x", true),
        ("crates/**/x", "crates/a/b/x", true),
        ("crates/**/x", "crates/a/b/y", false),
        ("app-?", "app-1", true),
        ("app-?", "app-12", false),
        ("app-[0-9]", "app-7", true),
        ("app-[!0-9]", "app-7", false),
        ("app-[]]", "app-]", true),
        ("app-[", "app-[", true),
        ("*a*b", "xxaxxb", true),
        ("*a*b", "xxaxxc", false),
        ("*", "", false),
    ] {
        assert_eq!(matches(pattern, folder), is_match, "{pattern} {folder}");
    }
}

#[test]
fn many_stars_do_not_cost_much() {
    let pattern = "*a".repeat(500);
    let name = "a".repeat(2_000);
    assert!(matches(&pattern, &name));
    assert!(!matches(&format!("{pattern}b"), &name));
}
