//! Which folders patterns name.

use super::is_member;

#[test]
fn a_star_is_one_folder_and_two_are_any_number() {
    assert!(is_member(&["packages/*"], "packages/a"));
    assert!(!is_member(&["packages/*"], "packages/a/b"));
    assert!(!is_member(&["packages/*"], "packages"));
    assert!(is_member(&["packages/**"], "packages/a/b"));
    assert!(is_member(&["**"], "a/b/c"));
    assert!(is_member(&["**/lib-*"], "x/y/lib-z"));
    assert!(is_member(&["./apps/web/"], "apps/web"));
    assert!(is_member(&["a*c"], "abcbc"));
    assert!(!is_member(&["a?"], "a"));
}

#[test]
fn the_last_pattern_that_matches_decides() {
    let patterns = ["packages/**", "!packages/b/**", "packages/b/a"];
    assert!(is_member(&patterns, "packages/a"));
    assert!(!is_member(&patterns, "packages/b/c"));
    assert!(is_member(&patterns, "packages/b/a"));
}

#[test]
fn braces_are_alternatives() {
    let patterns = ["{apps,libs/{ui,api}}/*"];
    for folder in ["apps/x", "libs/ui/x", "libs/api/x"] {
        assert!(is_member(&patterns, folder), "{folder}");
    }
    assert!(!is_member(&patterns, "libs/x"));
}

#[test]
fn installed_and_hidden_folders_are_no_members() {
    assert!(!is_member(&["**"], "a/node_modules/b"));
    assert!(!is_member(&["*"], ".cache"));
}

#[test]
fn a_pattern_that_stands_for_too_many_ends() {
    let pattern = "{a,b}".repeat(64);
    assert!(!is_member(&[pattern], &"c".repeat(64)));
    assert!(!is_member(
        &["*a".repeat(200)],
        &"a".repeat(250).replace("aa", "ab")
    ));
}
