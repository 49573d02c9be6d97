use proptest::prelude::*;

use super::{ArnPattern, Pattern, matches_any_case};

#[test]
fn an_asterisk_stands_for_any_text_and_a_question_mark_for_one_character() {
    let table = [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "a/b:c", true),
        ("a*c", "abbbc", true),
        ("a*c", "abbb", false),
        ("a*b*c", "a-b-b-c", true),
        ("?", "", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*aab", "aaaab", true),
        ("**?", "é", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(
            Pattern::of(pattern).matches(text),
            expected,
            "{pattern} {text}"
        );
    }
    assert!(matches_any_case(
        "CODEARTIFACT:read*",
        "codeartifact:ReadFromRepository"
    ));
}

#[test]
fn a_pattern_covers_what_it_matches_however_long() {
    let table = [
        ("*", "a*", true),
        ("a*", "a*b*", true),
        ("a*", "*", false),
        ("a?", "a*", false),
        ("a?", "ab", true),
        ("a?", "a?", true),
        ("ab", "a?", false),
    ];
    for (pattern, other, expected) in table {
        let (pattern, other) = (Pattern::of(pattern), Pattern::of(other));
        assert_eq!(pattern.covers(&other), expected, "{pattern} {other}");
    }
}

#[test]
fn an_arn_is_matched_field_by_field() {
    let arn = "arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/npm//react";
    let table = [
        ("*", true),
        ("arn:aws:codeartifact", true),
        ("arn:aws:codeartifact:*:*:package/*", true),
        ("arn:aws:codeartifact:*:package/*", false),
        ("arn:aws:s3:*:*:*", false),
        (
            "arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/*/react",
            true,
        ),
    ];
    for (pattern, expected) in table {
        let pattern = ArnPattern::new(&Pattern::of(pattern));
        assert_eq!(pattern.matches(arn), expected, "{pattern:?}");
    }
    assert!(ArnPattern::new(&Pattern::of("*")).matches("*"));
    assert!(!ArnPattern::new(&Pattern::of("arn:aws:codeartifact:*")).matches("*"));
}

proptest! {
    #[test]
    fn what_a_covered_pattern_matches_the_covering_one_matches(
        pattern in "[ab*?]{0,5}",
        other in "[ab*?]{0,5}",
        text in "[ab]{0,6}",
    ) {
        let (pattern, other) = (Pattern::of(&pattern), Pattern::of(&other));
        if pattern.covers(&other) && other.matches(&text) {
            prop_assert!(pattern.matches(&text));
        }
    }
}
