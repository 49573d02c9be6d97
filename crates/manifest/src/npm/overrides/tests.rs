//! How rules are written, and whom they mean.

use std::borrow::Cow;

use super::{Override, Selector, Source, lowest, of_npm, of_pnpm, of_yarn};
use crate::lines::Lines;
use crate::npm::json::{Tree, parse};

fn told(
    of: fn(&Source<'_, 'static>, Tree<'static>) -> Vec<Override<'static>>,
    text: &'static str,
) -> Vec<String> {
    let lines = Lines::new(text);
    let source = Source {
        path: "package.json",
        lines: &lines,
        declared: &[],
    };
    let selector = |selector: &Selector<'_>| match &selector.range {
        Some(range) => format!("{} {range}", selector.name),
        None => selector.name.to_string(),
    };
    of(&source, parse("package.json", text).unwrap())
        .iter()
        .map(|rule| {
            let within: Vec<String> = rule.within.iter().map(selector).collect();
            let below = if rule.is_parent { "in" } else { "below" };
            let line = rule.evidence.line.unwrap();
            format!(
                "{line}: {} = {} {below} {within:?}",
                selector(&rule.target),
                rule.requirement
            )
        })
        .collect()
}

#[test]
fn npm_nests_rules_and_yarn_and_pnpm_write_the_way() {
    let npm = r#"{ "a@^1": "1.2.0",
"@s/b": { ".": "2", "c": { "d": "npm:e@1" } } }"#;
    assert_eq!(
        told(of_npm, npm),
        [
            "1: a ^1 = 1.2.0 below []",
            "2: @s/b = 2 below []",
            "2: d = npm:e@1 below [\"@s/b\", \"c\"]",
        ]
    );
    let yarn = r#"{ "a": "1", "**/b": "2", "c/@s/d": "3", "@s/e/**/f": "4",
"g@npm:^1": "npm:2.0.0" }"#;
    assert_eq!(
        told(of_yarn, yarn),
        [
            "1: a = 1 in []",
            "1: b = 2 below []",
            "1: @s/d = 3 in [\"c\"]",
            "1: f = 4 below [\"@s/e\"]",
            "2: g npm:^1 = npm:2.0.0 in []",
        ]
    );
    let pnpm = r#"{ "a@>1 <3": "2", "b@1>@s/c": "3", "d>e@>=2": "4", "gone": "-" }"#;
    assert_eq!(
        told(of_pnpm, pnpm),
        [
            "1: a >1 <3 = 2 in []",
            "1: @s/c = 3 in [\"b 1\"]",
            "1: e >=2 = 4 in [\"d\"]",
        ]
    );
}

#[test]
fn a_selector_means_those_who_ask_for_such_a_version() {
    let selector = |text: &'static str| Selector::parse(Cow::Borrowed(text));
    assert!(selector("a").is_asked_by(Some("^7")));
    assert!(selector("a@^1").is_asked_by(Some("^1.2.3")));
    assert!(selector("a@npm:^1.2").is_asked_by(Some("^1.2")));
    assert!(selector("@s/a@1").is_asked_by(Some("~1.4")));
    assert!(!selector("a@^1").is_asked_by(Some(">=2 <3")));
    assert!(!selector("a@^1").is_asked_by(Some("next")));
}

#[test]
fn the_lowest_version_of_a_range_is_read_off() {
    for (range, version) in [
        ("^1.2.3", "1.2.3"),
        (">=2 <3", "2.0.0"),
        ("v1.x", "1.0.0"),
        ("npm:real@~1.5", "1.5.0"),
        ("1.0.0-beta.1", "1.0.0-beta.1"),
    ] {
        assert_eq!(lowest(range).as_deref(), Some(version), "{range}");
    }
    assert_eq!(lowest("*"), None);
}
