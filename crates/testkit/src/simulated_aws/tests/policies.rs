use serde_json::{Value, json};

use super::play::{ACCOUNT, Play};
use crate::simulated_aws::Operation;

fn play() -> Play {
    let mut play = Play::of("SUPERSEDED");
    let repositories = json!([{"domain_owner": ACCOUNT, "domain": "acme", "name": "libs"}]);
    play.control("repositories", &repositories);
    play
}

fn document(sid: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": sid,
            "Effect": "Allow",
            "Principal": "*",
            "Action": "codeartifact:ReadFromRepository",
            "Resource": "*",
        }],
    })
    .to_string()
}

/// Reading, putting and deleting: of the domain, and of its repository.
fn operations() -> [([Operation; 3], Value, String); 2] {
    let arn = |rest: &str| format!("arn:aws:codeartifact:eu-central-1:{ACCOUNT}:{rest}");
    [
        (
            [
                Operation::GetDomainPermissionsPolicy,
                Operation::PutDomainPermissionsPolicy,
                Operation::DeleteDomainPermissionsPolicy,
            ],
            json!({"domain": "acme"}),
            arn("domain/acme"),
        ),
        (
            [
                Operation::GetRepositoryPermissionsPolicy,
                Operation::PutRepositoryPermissionsPolicy,
                Operation::DeleteRepositoryPermissionsPolicy,
            ],
            json!({"domain": "acme", "repository": "libs"}),
            arn("repository/acme/libs"),
        ),
    ]
}

fn with(input: &Value, member: &str, value: &str) -> Value {
    let mut input = input.clone();
    input[member] = json!(value);
    input
}

#[test]
fn a_policy_is_put_read_and_deleted_under_its_revision() {
    for ([get, put, delete], of, arn) in operations() {
        let mut play = play();
        let none = Err("ResourceNotFoundException");
        assert_eq!(play.try_call(get, of.clone()), none);
        assert_eq!(play.try_call(delete, of.clone()), none);
        let first = with(&of, "policyDocument", &document("First"));
        let put_first = play.try_call(put, first.clone()).unwrap();
        let policy = &put_first["policy"];
        assert_eq!(
            (&policy["resourceArn"], &policy["document"]),
            (&json!(arn), &json!(document("First")))
        );
        assert_eq!(play.try_call(get, of.clone()).unwrap(), put_first);

        let revision = policy["revision"].as_str().unwrap().to_owned();
        let second = with(&of, "policyDocument", &document("Second"));
        let second = with(&second, "policyRevision", &revision);
        let put_second = play.try_call(put, second.clone()).unwrap();
        // Everything under the revision that is gone meets the edit in between.
        let conflict = Err("ConflictException");
        assert_eq!(play.try_call(put, second), conflict);
        let stale = with(&of, "policyRevision", &revision);
        assert_eq!(play.try_call(delete, stale.clone()), conflict);
        assert_eq!(play.try_call(get, of.clone()).unwrap(), put_second);

        assert_eq!(play.try_call(delete, of.clone()).unwrap(), put_second);
        assert_eq!(play.try_call(get, of.clone()), none);
        // No revision comes twice.
        let again = with(&of, "policyDocument", &document("Again"));
        let again = play.try_call(put, again).unwrap();
        assert_ne!(again["policy"]["revision"], json!(revision));
        assert_eq!(play.try_call(delete, stale), conflict);
    }
}

#[test]
fn documents_have_the_bounds_of_the_model() {
    for ([_, put, _], of, _) in operations() {
        let mut play = play();
        let longest = document(&"a".repeat(7_168 - document("").len()));
        assert_eq!(longest.len(), 7_168);
        play.try_call(put, with(&of, "policyDocument", &longest))
            .unwrap();
        let longer = longest.replacen("aa", "aaa", 1);
        for wrong in [longer.as_str(), "", "{", "[]", r#"{"Statement": []}"#] {
            let input = with(&of, "policyDocument", wrong);
            assert_eq!(play.try_call(put, input), Err("ValidationException"));
        }
        let revision = with(&of, "policyDocument", &document("a"));
        let revision = with(&revision, "policyRevision", "a b");
        assert_eq!(play.try_call(put, revision), Err("ValidationException"));
    }
}

#[test]
fn there_is_no_policy_of_what_is_not_there() {
    let mut play = play();
    let unknown = [
        (
            Operation::GetDomainPermissionsPolicy,
            json!({"domain": "other"}),
        ),
        (
            Operation::GetRepositoryPermissionsPolicy,
            json!({"domain": "acme", "repository": "other"}),
        ),
    ];
    for (operation, input) in unknown {
        assert_eq!(
            play.try_call(operation, input),
            Err("ResourceNotFoundException")
        );
    }
}
