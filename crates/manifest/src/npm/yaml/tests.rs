//! Limits, and texts that look like something else.

use super::{Entries, Text, read};

type Flat<'a> = Entries<'a, Text<'a>>;

#[test]
fn what_looks_like_a_number_stays_a_text() {
    let entries: Flat<'_> = read(
        "x.yaml",
        "a: 1.10\nb: 1e3\nc: no\nd: '1.0'\n1.10: 0x10\ne: 2001-01-01\n",
    )
    .unwrap();
    let entries: Vec<_> = entries
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    assert_eq!(
        entries,
        [
            ("a", "1.10"),
            ("b", "1e3"),
            ("c", "no"),
            ("d", "1.0"),
            ("1.10", "0x10"),
            ("e", "2001-01-01")
        ]
    );
}

#[test]
fn keys_and_values_are_borrowed_quoted_or_not_and_whatever_ends_a_line() {
    for text in [
        "a: b\n\"c\": \"d\"\n'e': 'f'\n",
        "a: b\r\n\"c\": \"d\"\r\n'e': 'f'\r\n",
    ] {
        let entries: Flat<'_> = read("x.yaml", text).unwrap();
        let lines = crate::lines::Lines::new(text);
        let found: Vec<_> = entries
            .iter()
            .map(|(key, value)| (lines.of(key), lines.of(value)))
            .collect();
        assert_eq!(
            found,
            [(Some(1), Some(1)), (Some(2), Some(2)), (Some(3), Some(3))],
            "{text:?}"
        );
    }
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
    for level in 1..12 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        lines.push(format!("a{level}: &a{level} [{before}]"));
    }
    let text = lines.join("\n");
    let read: Result<Entries<'_, Nested>, _> = read("x.yaml", &text);
    assert!(read.is_err());
}

/// Lists of lists, to any depth.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only whether it can be read matters")]
enum Nested {
    Leaf(String),
    List(Vec<Nested>),
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let flow = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let levels: Vec<String> = (0..2_000).map(|level| " ".repeat(level) + "a:").collect();
    let block = levels.join("\n");
    for text in [flow, block] {
        let read: Result<Entries<'_, serde::de::IgnoredAny>, _> = read("x.yaml", &text);
        assert!(read.is_err());
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, line) in [
        ("a: b\nc: [d\n", None),
        ("a: b\na: c\n", Some(2)),
        ("a: b\nc: {d: e}\n", Some(2)),
        ("a: b\n<<<<<<< HEAD\nc: d\n=======\n", None),
    ] {
        let read: Result<Flat<'_>, _> = read("x.yaml", text);
        let problem = read.unwrap_err();
        assert!(problem.line.is_some(), "{text:?}: {problem}");
        if line.is_some() {
            assert_eq!(problem.line, line, "{text:?}: {problem}");
        }
        assert!(!problem.text.contains('\n'), "{problem}");
    }
}
