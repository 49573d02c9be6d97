use super::*;
use serde_json::json;

fn event() -> Value {
    json!({
        "source": "aws.codeartifact",
        "resources": ["arn:aws:x", "arn:aws:y"],
        "detail": {
            "packageNamespace": null,
            "packageName": "tokens",
            "sequenceNumber": 7,
            "changes": {"statusChanged": true},
            "empty": "",
        },
    })
}

fn check<const N: usize>(patterns: [(Value, bool); N]) {
    for (pattern, is_match) in patterns {
        let expected = Matched::of(is_match);
        assert_eq!(
            matches(&pattern.to_string(), &event()),
            expected,
            "{pattern}"
        );
    }
}

#[test]
fn fields_match_as_eventbridge_matches_them() {
    check([
        (json!({}), true),
        (json!({"source": ["aws.codeartifact"]}), true),
        (json!({"source": ["aws.s3", "aws.codeartifact"]}), true),
        (json!({"source": ["aws.s3"]}), false),
        (json!({"source": "aws.codeartifact"}), false),
        (json!({"other": ["x"]}), false),
        (json!({"resources": ["arn:aws:y"]}), true),
        (
            json!({"detail": {"packageName": ["tokens"]}, "source": ["aws.s3"]}),
            false,
        ),
    ]);
    assert_eq!(matches("no JSON", &event()), Matched::No);
}

#[test]
fn null_is_neither_absent_nor_empty() {
    check([
        (json!({"detail": {"packageNamespace": [null]}}), true),
        (json!({"detail": {"packageNamespace": [""]}}), false),
        (
            json!({"detail": {"packageNamespace": [{"exists": true}]}}),
            true,
        ),
        (
            json!({"detail": {"packageNamespace": [{"exists": false}]}}),
            false,
        ),
        (
            json!({"detail": {"packageNamespace": [{"prefix": ""}]}}),
            false,
        ),
        (
            json!({"detail": {"packageNamespace": [{"anything-but": "acme"}]}}),
            true,
        ),
        (json!({"detail": {"nowhere": [{"exists": false}]}}), true),
        (json!({"detail": {"nowhere": [{"exists": true}]}}), false),
        (json!({"detail": {"nowhere": [null]}}), false),
        (
            json!({"detail": {"nowhere": [{"anything-but": "acme"}]}}),
            false,
        ),
        (json!({"nowhere": {"deep": [{"exists": false}]}}), true),
        (json!({"detail": {"changes": [{"exists": true}]}}), false),
        (
            json!({"detail": {"changes": {"statusChanged": [true]}}}),
            true,
        ),
        (json!({"detail": {"empty": [""]}}), true),
    ]);
}

#[test]
fn operators_match_as_eventbridge_has_them() {
    check([
        (
            json!({"detail": {"packageName": [{"prefix": "tok"}]}}),
            true,
        ),
        (
            json!({"detail": {"packageName": [{"prefix": {"equals-ignore-case": "TOK"}}]}}),
            true,
        ),
        (
            json!({"detail": {"packageName": [{"suffix": "tok"}]}}),
            false,
        ),
        (
            json!({"detail": {"packageName": [{"suffix": "ens"}]}}),
            true,
        ),
        (
            json!({"detail": {"packageName": [{"wildcard": "t*n*"}]}}),
            true,
        ),
        (
            json!({"detail": {"packageName": [{"equals-ignore-case": "TOKENS"}]}}),
            true,
        ),
        (
            json!({"detail": {"packageName": [{"anything-but": ["tokens", "x"]}]}}),
            false,
        ),
        (
            json!({"detail": {"packageName": [{"anything-but": {"prefix": "tok"}}]}}),
            false,
        ),
        (
            json!({"detail": {"packageName": [{"anything-but": {"prefix": ["a", "b"]}}]}}),
            true,
        ),
        (json!({"detail": {"sequenceNumber": [7.0]}}), true),
        (
            json!({"detail": {"sequenceNumber": [{"numeric": [">", 5, "<=", 7]}]}}),
            true,
        ),
        (
            json!({"detail": {"sequenceNumber": [{"numeric": [">", 7]}]}}),
            false,
        ),
        (
            json!({"$or": [{"source": ["aws.s3"]}, {"detail": {"packageName": ["tokens"]}}]}),
            true,
        ),
        (
            json!({"$or": [{"source": ["aws.s3"]}, {"source": ["aws.sqs"]}]}),
            false,
        ),
    ]);
}

#[test]
fn an_operator_that_is_not_known_decides_nothing_but_what_hangs_on_it() {
    let cidr = json!([{"cidr": "10.0.0.0/24"}]);
    let unknown = Matched::Unknown("cidr".to_owned());
    let told = |pattern: &Value| matches(&pattern.to_string(), &event());
    assert_eq!(told(&json!({"source": cidr})), unknown);
    assert_eq!(told(&json!({"a": ["x"], "source": cidr})), Matched::No);
    assert_eq!(told(&json!({"source": cidr, "z": ["x"]})), Matched::No);
    assert_eq!(
        told(&json!({"source": [{"cidr": "10.0.0.0/24"}, "aws.codeartifact"]})),
        Matched::Yes
    );
}
