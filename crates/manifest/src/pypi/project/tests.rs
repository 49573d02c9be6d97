//! Patterns of folders.

use super::matches;

#[test]
fn patterns_match_folders_by_name() {
    for (pattern, folder, is_match) in [
        ("packages/*", "packages/a", true),
        ("packages/*", "packages/a/b", false),
        ("packages/*", "other/a", false),
        ("packages/**", "packages/a/b", true),
        ("**/lib", "a/b/lib", true),
        ("libs/acme-?", "libs/acme-x", true),
        ("libs/acme-*-core", "libs/acme-a-b-core", true),
        ("libs/acme-*-core", "libs/acme-core", false),
        ("lib", "lib", true),
    ] {
        assert_eq!(matches(pattern, folder), is_match, "{pattern} {folder}");
    }
}

#[test]
fn a_pattern_of_many_stars_takes_no_time() {
    let folder = "a".repeat(2_000);
    assert!(!matches(&format!("{}b", "*a".repeat(1_000)), &folder));
}
