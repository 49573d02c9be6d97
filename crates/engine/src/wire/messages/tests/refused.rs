use super::*;

fn reason(text: &str) -> String {
    read(text).expect_err("refused").to_string()
}

fn label(text: &str) -> &'static str {
    read(text).expect_err("refused").label()
}

/// The sample message of a kind, with one piece of its text replaced.
fn changed(kind: usize, from: &str, to: &str) -> String {
    let line = &values::lines()[kind];
    assert!(line.contains(from), "{line} has no {from}");
    line.replacen(from, to, 1)
}

const TIMER: usize = 0;
const DEPENDENCIES: usize = 3;

#[test]
fn a_newer_version_is_refused_with_what_to_do() {
    let newer = changed(TIMER, r#""v":"1""#, r#""v":"2""#);
    assert_eq!(
        reason(&newer),
        "v is `2`: written by a newer downriver; upgrade this one to at least that version, then send the message again"
    );
    assert_eq!(label(&newer), "newer-version");
    // Whatever else it says: a newer version may say it otherwise.
    assert_eq!(label(r#"{"v":"17"}"#), "newer-version");
}

#[test]
fn what_is_no_version_at_all_is_refused_as_such() {
    for (from, expected) in [
        (r#""v":"0""#, "v is `0`: expected the string `1`"),
        (
            r#""v":"one\u0007""#,
            "v is `one\\u{7}`: expected the string `1`",
        ),
        (r#""v":1"#, "v is a number: expected the string `1`"),
        (r#""x":"1""#, "v is missing: expected the string `1`"),
    ] {
        assert_eq!(reason(&changed(TIMER, r#""v":"1""#, from)), expected);
    }
}

#[test]
fn an_unknown_kind_is_refused() {
    let unknown = changed(TIMER, "\"timer\"", "\"alarm\"");
    assert_eq!(
        reason(&unknown),
        "kind is `alarm`, which is unknown: expected one of timer, page, catalog, dependencies, built, read, repositories; \
         a newer downriver may have written it"
    );
    assert_eq!(label(&unknown), "unknown-kind");
    assert_eq!(
        reason(r#"{"v":"1"}"#),
        "kind is missing: expected one of timer, page, catalog, dependencies, built, read, repositories"
    );
}

#[test]
fn what_is_neither_an_event_nor_ours_is_refused() {
    assert_eq!(reason("{}"), "source is missing: expected a string");
    assert_eq!(reason("[]"), "the event is an array: expected an object");
    assert_eq!(label("nonsense"), "not-json");
    assert_eq!(label(&"[".repeat(65)), "too-deep");
    assert_eq!(label(&" ".repeat(1024 * 1024 + 1)), "too-large");
    assert_eq!(label(r#"{"v":"1","v":"1"}"#), "duplicate-key");
}

/// Message, piece of its text, what stands there instead, and how the reason begins.
const BROKEN: &str = r#"
timer | "web-shop" | "-" | application is `-`: expected 1 to 48 letters
timer | "slot_revision":7 | "slot_revision":-1 | slot_revision is `-1`: expected a whole number
timer | 2026-01-01T00:01:00Z | yesterday | at is `yesterday`: expected an RFC 3339 time
page | pkg:npm/%40acme/tokens | tokens | package is `tokens`: expected what its format allows (
page | "2.4.1" | "2 4" | changes[1].version is `2 4`: expected what its format allows (
page | 111122223333/acme/libraries | acme | changes[0].repository is `acme`: expected a repository
page | "is_news":true | "is_news":"yes" | changes[0].is_news is a string: expected `true` or `false`
page | [{ | [7,{ | changes[0] is a number: expected an object
page | "changes" | "change" | changes is missing: expected an array
page | "instance":1 | "instance":4294967296 | after.instance is `4294967296`: expected a number below
catalog | "acme-catalogs" | "../up" | bucket is `../up`: expected a bucket name
catalog | catalogs/2026 | catalogs\n2026 | key is `catalogs\n2026-01-01/5f2a.json`: expected the key of
catalog | 9f86 | 9F86 | sha256 is `9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`: expected 64
catalog | /ana | /\u202eana | requested_by is `arn:aws:sts::123456789012:assumed-role/Developer/\u{202e}ana`
dependencies | ^2.2.0 | not a range ! | dependencies[0].requirement is `not a range !`: expected what
dependencies | "scope":"runtime" | "scope":"prod" | dependencies[0].scope is `prod`: expected one of
dependencies | "assumed":"2.3.1" | "assumed":"1.0.0","built":"2.3.1" | dependencies[1].assumed is `1.0.0`: expected either
dependencies | "pkg:npm/left-pad" | {} | dependencies[2].via[1] is an object: expected a package URL
dependencies | "pkg:npm/left-pad" | "pad" | dependencies[2].via[1] is `pad`: expected what its format
dependencies | "line":19 | "line":-19 | dependencies[2].line is `-19`: expected a whole number
dependencies | package.json | a\u0000b | dependencies[0].file is `a\0b`: expected the path of a file
built | 12345678-1234 | ../1234 | execution is `../1234-5678-abcd-12345678abcd`: expected
built | "r17" | "" | packages[1].revision is ``: expected 1 to 255
"#;

#[test]
fn a_field_that_breaks_a_rule_is_named() {
    let kinds = ["timer", "page", "catalog", "dependencies", "built"];
    for line in BROKEN.trim().lines() {
        let columns: Vec<&str> = line.split(" | ").collect();
        let [kind, from, to, expected] = columns[..] else {
            panic!("four columns: {line}");
        };
        let kind = kinds
            .iter()
            .position(|known| *known == kind)
            .expect("a kind");
        let reason = reason(&changed(kind, from, to));
        assert!(
            reason.starts_with(expected),
            "{reason}\nexpected {expected}"
        );
    }
}

#[test]
fn a_list_without_end_is_refused() {
    let via = vec!["\"pkg:npm/a\""; VIA_MAX + 1].join(",");
    let text = changed(DEPENDENCIES, "\"via\":[", &format!("\"via\":[{via},"));
    assert_eq!(
        reason(&text),
        "dependencies[2].via has 103 entries: expected at most 100"
    );
    assert_eq!(label(&text), "too-many");
    let many = vec!["0"; DEPENDENCIES_MAX + 1].join(",");
    let text =
        format!(r#"{{"v":"1","kind":"dependencies","application":"web","dependencies":[{many}]}}"#);
    assert_eq!(
        reason(&text),
        "dependencies has 10001 entries: expected at most 10000"
    );
}
