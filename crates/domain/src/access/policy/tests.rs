use proptest::prelude::*;

use super::{Effect, PolicyDocument, PolicyKind};
use crate::access::testing::policy;

const EXAMPLE: &str = r#"{
  "Version": "2012-10-17",
  "Id": "ours",
  "Statement": [
    {
      "Sid": "ReadForMany",
      "Effect": "Allow",
      "Principal": {"AWS": ["111122223333", "arn:aws:iam::444455556666:role/ci"], "Service": "codebuild.amazonaws.com"},
      "Action": "codeartifact:ReadFromRepository",
      "Resource": "*"
    }, {
      "Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "NotAction": ["codeartifact:Describe*"],
      "NotResource": "arn:aws:codeartifact:*",
      "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*"]}, "Bool": {"aws:SecureTransport": false}}
    }
  ]
}"#;

#[test]
fn statements_know_where_they_stand() {
    let document = PolicyDocument::parse(PolicyKind::Repository, EXAMPLE).unwrap();
    let places: Vec<_> = document
        .statements()
        .iter()
        .map(|own| (own.index, own.line, own.sid.as_deref(), own.effect))
        .collect();
    assert_eq!(
        places,
        [
            (0, 5, Some("ReadForMany"), Effect::Allow),
            (1, 11, None, Effect::Deny)
        ]
    );
}

#[test]
fn the_canonical_form_says_the_same_and_is_its_own_canonical_form() {
    let document = PolicyDocument::parse(PolicyKind::Repository, EXAMPLE).unwrap();
    let again = PolicyDocument::parse(PolicyKind::Repository, &document.pretty()).unwrap();
    assert_eq!(again.source(), document.source());
    assert_eq!(again.pretty(), document.pretty());
}

#[test]
fn one_statement_may_stand_without_a_list_and_a_resource_be_implied() {
    let text = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}"#;
    let document = PolicyDocument::parse(PolicyKind::Domain, text).unwrap();
    assert_eq!(document.statements().len(), 1);
    assert!(PolicyDocument::parse(PolicyKind::Identity, text).is_err());
}

#[test]
fn variables_are_plain_text_in_the_old_version() {
    let text = |version: &str| {
        format!(
            r#"{{"Version": "{version}", "Statement": {{"Effect": "Allow", "Action": "*",
            "Resource": "arn:aws:codeartifact:*:*:domain/${{open"}}}}"#
        )
    };
    let parse = |version| PolicyDocument::parse(PolicyKind::Identity, &text(version));
    assert!(parse("2008-10-17").is_ok());
    assert_eq!(
        parse("2012-10-17").unwrap_err().to_string(),
        "identity policy, line 1, statement 1, `Resource`: the variable `${open` does not end"
    );
}

#[test]
fn what_is_not_understood_is_told_with_its_place() {
    let table = [
        ("[]", "the document: expected a JSON object"),
        (
            "{",
            "line 1: no JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{\"Version\": \"2012-10-17\"}",
            "the document, `Statement`: this element is missing",
        ),
        (
            "{\n\"Version\": \"2020-01-01\", \"Statement\": []}",
            "line 2, `Version`: unknown version: expected 2012-10-17 or 2008-10-17",
        ),
        (
            "{\"Statement\": [], \"Statements\": []}",
            "line 1, `Statements`: an element that policies do not have",
        ),
        (
            "{\"Statement\": 1}",
            "line 1, `Statement`: expected a statement or a list of them",
        ),
    ];
    for (text, expected) in table {
        let wrong = PolicyDocument::parse(PolicyKind::Domain, text).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            format!("domain policy, {expected}"),
            "{text}"
        );
    }
}

/// Elements of a statement, and what is wrong with them.
const WRONG: &[(&str, &str)] = &[
    (
        r#""Effect": "Allow", "Action": "*", "Resource": "*""#,
        "`Principal`: this element is missing",
    ),
    (
        r#""Effect": "Permit", "Principal": "*", "Action": "*""#,
        "`Effect`: expected `Allow` or `Deny`",
    ),
    (
        r#""Principal": "*", "Action": "*""#,
        "`Effect`: this element is missing",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "Read""#,
        "`Action`: expected `*` or `<service>:<action>`",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": []"#,
        "`Action`: expected at least one value",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "NotAction": "*""#,
        "`NotAction`: it may not stand beside `Action`",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "libs""#,
        "`Resource`: expected `*` or an ARN",
    ),
    (
        r#""Effect": "Allow", "Principal": "all", "Action": "*""#,
        "`Principal`: expected `*` or an object such as {\"AWS\": […]}",
    ),
    (
        r#""Effect": "Allow", "Principal": {"AWS": "ann"}, "Action": "*""#,
        "`Principal.AWS`: `ann` names no principal: expected an account id or the ARN of an account's root, a user, a role or a role's session",
    ),
    (
        r#""Effect": "Allow", "Principal": {"Group": "a"}, "Action": "*""#,
        "`Principal.Group`: an element that policies do not have",
    ),
    (
        r#""Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "*""#,
        "`NotPrincipal`: `NotPrincipal` goes with `Deny` only",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Actions": "*""#,
        "`Actions`: an element that policies do not have",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringIs": {"k": "v"}}"#,
        "`Condition.StringIs`: unknown condition operator",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"NullIfExists": {"k": "true"}}"#,
        "`Condition.NullIfExists`: unknown condition operator",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"Null": {"k": "yes"}}"#,
        "`Condition.Null.k`: expected `true` or `false`",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}"#,
        "`Condition.IpAddress.aws:SourceIp`: `10.0.0.0/33` is not an IP address or a range",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}"#,
        "`Condition.DateLessThan.aws:CurrentTime`: `soon` is not a date of ISO 8601",
    ),
    (
        r#""Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"NumericEquals": {"k": "many"}}"#,
        "`Condition.NumericEquals.k`: `many` is not a number",
    ),
];

#[test]
fn what_is_not_understood_in_a_statement_is_told_with_its_place() {
    for (inner, expected) in WRONG {
        let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n\n{{{inner}}}]}}");
        let wrong = PolicyDocument::parse(PolicyKind::Repository, &text).unwrap_err();
        let expected = format!("repository policy, line 3, statement 1, {expected}");
        assert_eq!(wrong.to_string(), expected);
    }
}

#[test]
fn an_identity_policy_names_nobody() {
    let text =
        r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
    let wrong = PolicyDocument::parse(PolicyKind::Identity, text).unwrap_err();
    let expected = "identity policy, line 1, statement 1, `Principal`: an element that this kind of policy does not have";
    assert_eq!(wrong.to_string(), expected);
}

#[test]
fn a_document_beyond_the_limit_is_not_read() {
    let text = format!("{{{}", " ".repeat(7_168));
    let wrong = PolicyDocument::parse(PolicyKind::Domain, &text).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "domain policy, the document: 7169 characters, at most 7168 are allowed"
    );
}

#[test]
fn a_document_tells_whom_it_names() {
    let document = policy(
        PolicyKind::Repository,
        &[
            "Allow 111122223333,arn:aws:iam::444455556666:role/ci Read* *",
            r#"Allow * Read* * {"StringEquals":{"aws:PrincipalOrgID":["o-abcdefghij","o-jihgfedcba"]}}"#,
            r#"Allow * List* * {"StringNotEquals":{"aws:PrincipalOrgID":["o-0123456789"]}}"#,
            "Deny not:arn:aws:iam::111122223333:root,AROAEXAMPLEID1234567 * *",
        ],
    )
    .unwrap();
    let named: Vec<String> = document
        .named_principals()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        named,
        [
            "111122223333",
            "arn:aws:iam::444455556666:role/ci",
            "*",
            "deleted principal AROAEXAMPLEID1234567",
        ]
    );
    assert_eq!(
        document.named_organizations(),
        ["o-abcdefghij", "o-jihgfedcba"]
    );
}

/// Parts of policies, put together without sense.
fn shards() -> impl Strategy<Value = String> {
    let shard = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"*\""),
        Just("\"Statement\""),
        Just("\"Effect\":\"Deny\""),
        Just("\"Condition\""),
        Just("\"${\""),
        Just("\"AWS\""),
        Just("\n"),
        Just("1e999"),
        Just("\"Principal\""),
        Just("é"),
        Just("{\"Statement\":["),
        Just("]}"),
        Just("null"),
    ];
    prop::collection::vec(shard, 0..24).prop_map(|shards| shards.concat())
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in prop_oneof![".{0,80}", shards()]) {
        for kind in [PolicyKind::Domain, PolicyKind::Identity] {
            if let Err(wrong) = PolicyDocument::parse(kind, &text) {
                prop_assert!(!wrong.to_string().is_empty());
            }
        }
    }
}
