use super::super::tree::file;
use super::*;

const ROOT: &str = "too-many-lines-threshold = 70\nallow-unwrap-in-tests = true\ndoc-valid-idents = [\"SQLite\"]\n";

fn pure_clippy() -> String {
    let entries = PURE_DISALLOWED
        .map(|path| format!("  {{ path = \"{path}\", reason = \"pure\" }},\n"))
        .concat();
    format!(
        "too-many-lines-threshold = 70\nallow-unwrap-in-tests = true\ndisallowed-methods = [\n{entries}]\n"
    )
}

fn findings_for_domain(domain: &str) -> Vec<String> {
    let files = [
        file("clippy.toml", ROOT),
        file(PURE_CLIPPY[0], &pure_clippy()),
        file(PURE_CLIPPY[1], domain),
    ];
    check_pure_crates(&files)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn lints_are_inherited_in_either_spelling() {
    let section = file(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n",
    );
    let dotted = file(
        "b/Cargo.toml",
        "lints.workspace = true\n[package]\nname = \"b\"\n",
    );
    let virtual_root = file("Cargo.toml", "[workspace]\nmembers = [\"a\"]\n");
    assert_eq!(check_lints(&[section, dotted, virtual_root]), []);
}

#[test]
fn a_package_that_does_not_inherit_lints_is_found() {
    let none = file(
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nworkspace = true\n",
    );
    let off = file(
        "b/Cargo.toml",
        "[package]\nname = \"b\"\n[lints]\nworkspace = false\n",
    );
    let remarked = file(
        "c/Cargo.toml",
        "[package]\nname = \"c\"\n[lints]\n# workspace = true\n",
    );
    assert_eq!(check_lints(&[none, off, remarked]).len(), 3);
}

#[test]
fn a_profile_that_aborts_on_panic_is_found() {
    let findings = check_unwinding(&[file(
        "Cargo.toml",
        "[profile.release]\nlto = true\npanic = \"abort\" # small\n",
    )]);
    assert_eq!((findings.len(), findings[0].line), (1, 3));
    assert_eq!(
        check_unwinding(&[file(
            "Cargo.toml",
            "[profile.release]\npanic = \"unwind\"\n"
        )]),
        []
    );
}

#[test]
fn the_pure_crates_repeat_the_root_and_disallow_what_is_impure() {
    assert_eq!(findings_for_domain(&pure_clippy()), [""; 0]);
}

#[test]
fn a_pure_crate_without_settings_is_found() {
    let files = [
        file("clippy.toml", ROOT),
        file(PURE_CLIPPY[0], &pure_clippy()),
    ];
    assert_eq!(
        check_pure_crates(&files)[0].path,
        "crates/domain/clippy.toml"
    );
}

#[test]
fn a_missing_or_remarked_entry_is_found() {
    let without = pure_clippy().replace(
        "  { path = \"std::env::var\"",
        "  # { path = \"std::env::var\"",
    );
    assert_eq!(
        findings_for_domain(&without),
        [
            "crates/domain/clippy.toml:1: `std::env::var` is not disallowed; add it to the disallowed list"
        ]
    );
}

#[test]
fn another_threshold_than_the_roots_is_found() {
    let higher = pure_clippy().replace("threshold = 70", "threshold = 700");
    assert_eq!(
        findings_for_domain(&higher),
        [
            "crates/domain/clippy.toml:1: `too-many-lines-threshold` is not what the root sets; write `too-many-lines-threshold = 70`"
        ]
    );
}
