use downriver_domain::version::{Format, Requirement};
use insta::assert_snapshot;

use super::lines::{Question, answer_line};
use super::{purl, questions};

fn answer(question: Question, line: &str) -> String {
    let mut out = String::new();
    answer_line(question, 7, line.as_bytes(), &mut out);
    out
}

#[test]
fn given_keys_come_back_as_written_with_the_answer_after_them() {
    let line =
        r#"{"note": [1, 2.50], "format":"npm","version":"1.4.0","requirement":"^1.2","z":null}"#;
    assert_snapshot!(
        answer(Question::Admits, line),
        @r#"{"note":[1, 2.50],"format":"npm","version":"1.4.0","requirement":"^1.2","z":null,"admits":true}"#
    );
}

#[test]
fn an_answer_that_was_given_is_replaced() {
    let line =
        r#"{"admits":true,"error":"old","format":"npm","requirement":"^2","version":"1.0.0"}"#;
    assert_snapshot!(
        answer(Question::Admits, line),
        @r#"{"format":"npm","requirement":"^2","version":"1.0.0","admits":false}"#
    );
}

#[test]
fn an_invalid_version_is_not_admitted_and_an_invalid_requirement_is_an_error() {
    let version = r#"{"format":"npm","requirement":"*","version":"one"}"#;
    assert_snapshot!(
        answer(Question::Admits, version),
        @r#"{"format":"npm","requirement":"*","version":"one","admits":false}"#
    );
    let requirement = r#"{"format":"maven","requirement":"[1.0,","version":"1.0"}"#;
    let answer = answer(Question::Admits, requirement);
    assert!(answer.contains(r#""admits":false,"error":"#), "{answer}");
    assert!(answer.contains("[1.2,2.0)"), "{answer}");
}

#[test]
fn the_ecosystems_own_switch_lets_prereleases_in() {
    let ask = |prereleases: &str| {
        let line = format!(
            r#"{{"format":"npm","requirement":">=1.0.0","version":"1.1.0-rc.1","prereleases":{prereleases}}}"#
        );
        answer(Question::Admits, &line)
    };
    assert!(ask("true").ends_with(r#""admits":true}"#));
    assert!(ask("false").ends_with(r#""admits":false}"#));
    assert!(ask("null").ends_with(r#""admits":false}"#));
}

#[test]
fn versions_compare_by_the_order_of_their_ecosystem() {
    let ask = |a: &str, b: &str| {
        answer(
            Question::Compare,
            &format!(r#"{{"format":"npm","a":"{a}","b":"{b}"}}"#),
        )
    };
    assert!(ask("1.9.0", "1.10.0").ends_with(r#""cmp":-1}"#));
    assert!(ask("1.0.0+a", "1.0.0+b").ends_with(r#""cmp":0}"#));
    assert!(ask("2.0.0", "2.0.0-rc.1").ends_with(r#""cmp":1}"#));
    assert!(ask("2.0.0", "two").contains(r#""cmp":null,"error":"#));
}

#[test]
fn what_is_selected_comes_back_as_it_was_listed() {
    let ask = |versions: &str| {
        let line =
            format!(r#"{{"format":"nuget","requirement":"[1.0,2.0)","versions":{versions}}}"#);
        answer(Question::Select, &line)
    };
    assert!(ask(r#"["2.0","1.0.0.0","1.5"]"#).ends_with(r#""selected":"1.0.0.0"}"#));
    assert!(ask(r#"["oops","3.0"]"#).ends_with(r#""selected":null}"#));
}

#[test]
fn a_package_url_is_taken_apart_and_put_together() {
    let line = r#"{"input":"pkg:npm/%40acme/tokens@2.4.0?arch=x86#dist"}"#;
    assert_snapshot!(
        answer(Question::Purl, line),
        @r##"{"input":"pkg:npm/%40acme/tokens@2.4.0?arch=x86#dist","type":"npm","namespace":"@acme","name":"tokens","version":"2.4.0","qualifiers":{"arch":"x86"},"subpath":"dist"}"##
    );
    let line =
        r#"{"type":"npm","namespace":"@acme","name":"tokens","version":"2.4.0","qualifiers":null}"#;
    assert!(answer(Question::Purl, line).ends_with(r#""purl":"pkg:npm/%40acme/tokens@2.4.0"}"#));
    let line = r#"{"input":{"type":"gem","name":"rake"}}"#;
    assert!(answer(Question::Purl, line).ends_with(r#""purl":"pkg:gem/rake"}"#));
    assert!(answer(Question::Purl, r#"{"input":"npm/x"}"#).contains(r#","error":"#));
    assert!(answer(Question::Purl, r#"{"type":"npm","name":7}"#).contains("has to be a string"));
}

#[test]
fn a_broken_line_says_which_and_why() {
    assert_snapshot!(answer(Question::Admits, "\n"), @r#"{"error":"line 7: it is empty: expected a JSON object"}"#);
    assert_snapshot!(
        answer(Question::Admits, "[1]"),
        @r#"{"error":"line 7: invalid type: sequence, expected a JSON object"}"#
    );
    assert_snapshot!(
        answer(Question::Admits, r#"{"format":"npm","version":"1.0.0"}"#),
        @r#"{"format":"npm","version":"1.0.0","admits":false,"error":"line 7: `requirement` is missing: expected a string"}"#
    );
    assert_snapshot!(
        answer(Question::Compare, r#"{"format":"conda","a":"1","b":"2"}"#),
        @r#"{"format":"conda","a":"1","b":"2","cmp":null,"error":"line 7: unknown package format `conda`: expected one of cargo, generic, maven, npm, nuget, pypi, ruby, swift"}"#
    );
    assert!(
        answer(
            Question::Select,
            r#"{"format":"npm","requirement":"*","versions":["1",2]}"#
        )
        .contains("a list of strings")
    );
    assert!(answer(Question::Purl, "{}").contains("line 7: expected `input`"));
}

#[test]
fn every_example_of_a_requirement_is_one() {
    for format in Format::ALL {
        let examples = questions::examples(format);
        let examples: Vec<&str> = examples.split('`').skip(1).step_by(2).collect();
        assert!(examples.len() > 1, "{format}");
        for example in examples {
            assert!(
                Requirement::parse(format, example).is_ok(),
                "{format}: {example}"
            );
        }
    }
}

#[test]
fn the_kind_of_a_requirement_is_said_in_words() {
    let say =
        |format, text| questions::kind_in_words(&Requirement::parse(format, text).unwrap().kind());
    assert_eq!(say(Format::Npm, "^1"), "a range");
    assert_eq!(say(Format::Npm, "1.2.3"), "exact");
    assert!(say(Format::Maven, "1.2.3").starts_with("a soft pin"));
    assert!(say(Format::Npm, "next").starts_with("the tag `next`"));
    assert!(say(Format::Npm, "git+https://example.com/x.git").starts_with("not from a registry"));
}

#[test]
fn a_package_url_is_shown_with_its_parts() {
    assert_snapshot!(purl::shown("pkg:maven/com.acme/tokens@1.0?type=jar"), @r"
    pkg:maven/com.acme/tokens@1.0?type=jar
      type        maven
      namespace   com.acme
      name        tokens
      version     1.0
      qualifiers  type=jar
    ");
}
