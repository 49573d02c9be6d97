use serde_json::{Value, json};

use super::play::{ACCOUNT, Play};
use crate::simulated_aws::Operation;

const DOMAIN: &str = "acme";

/// `release` has `shared` upstream; both hold `@acme/tokens`.
fn play() -> Play {
    let mut play = Play::of("SUPERSEDED");
    let repository = |name: &str, upstreams: &[&str]| json!({"domain_owner": ACCOUNT, "domain": DOMAIN, "name": name, "upstreams": upstreams});
    let repositories = json!([
        repository("release", &["shared"]),
        repository("shared", &[])
    ]);
    play.control("repositories", &repositories);
    let version = |repository: &str| {
        json!({
            "domain_owner": ACCOUNT, "domain": DOMAIN, "repository": repository, "format": "npm",
            "namespace": "acme", "package": "tokens", "version": "1.0.0",
        })
    };
    play.control("registry", &json!([version("shared"), version("release")]));
    play
}

fn package(repository: &str) -> Value {
    json!({
        "domain": DOMAIN, "repository": repository, "format": "npm", "namespace": "acme", "package": "tokens",
    })
}

fn restrictions(play: &mut Play, repository: &str) -> Value {
    let answer = play.try_call(Operation::DescribePackage, package(repository));
    answer.unwrap()["package"]["originConfiguration"]["restrictions"].clone()
}

#[test]
fn origin_controls_follow_from_the_first_version_until_they_are_set() {
    let mut play = play();
    assert_eq!(
        restrictions(&mut play, "shared"),
        json!({"publish": "ALLOW", "upstream": "BLOCK"})
    );
    assert_eq!(
        restrictions(&mut play, "release"),
        json!({"publish": "BLOCK", "upstream": "ALLOW"})
    );
    let mut input = package("release");
    input["restrictions"] = json!({"publish": "ALLOW", "upstream": "BLOCK"});
    let set = play.try_call(Operation::PutPackageOriginConfiguration, input.clone());
    assert_eq!(
        set.unwrap(),
        json!({"originConfiguration": {"restrictions": input["restrictions"]}})
    );
    assert_eq!(restrictions(&mut play, "release"), input["restrictions"]);
    input["restrictions"] = json!({"publish": "MAYBE", "upstream": "BLOCK"});
    let refused = play.try_call(Operation::PutPackageOriginConfiguration, input);
    assert_eq!(refused.unwrap_err(), "ValidationException");
}

#[test]
fn a_package_that_a_repository_does_not_hold_is_not_described() {
    let mut play = play();
    let mut input = package("shared");
    input["package"] = json!("buttons");
    let answer = play.try_call(Operation::DescribePackage, input);
    assert_eq!(answer.unwrap_err(), "ResourceNotFoundException");
}

#[test]
fn policies_are_kept_with_their_revisions() {
    for (get, put, resource, kind) in [
        (
            Operation::GetRepositoryPermissionsPolicy,
            Operation::PutRepositoryPermissionsPolicy,
            json!({"domain": DOMAIN, "repository": "shared"}),
            "repository/acme/shared",
        ),
        (
            Operation::GetDomainPermissionsPolicy,
            Operation::PutDomainPermissionsPolicy,
            json!({"domain": DOMAIN}),
            "domain/acme",
        ),
    ] {
        let mut play = play();
        let answer = play.try_call(get, resource.clone());
        assert_eq!(answer.unwrap_err(), "ResourceNotFoundException");
        let mut input = resource.clone();
        input["policyDocument"] = json!(r#"{"Version":"2012-10-17","Statement":[]}"#);
        let answer = play.try_call(put, input.clone()).unwrap();
        let arn = format!("arn:aws:codeartifact:eu-central-1:{ACCOUNT}:{kind}");
        assert_eq!(
            answer,
            json!({"policy": {"resourceArn": arn, "revision": "1", "document": input["policyDocument"]}})
        );
        assert_eq!(play.try_call(get, resource).unwrap(), answer);
        input["policyRevision"] = json!("7");
        let stale = play.try_call(put, input.clone());
        assert_eq!(stale.unwrap_err(), "ConflictException");
        input["policyRevision"] = json!("1");
        input["policyDocument"] = json!("{");
        let broken = play.try_call(put, input);
        assert_eq!(broken.unwrap_err(), "ValidationException");
    }
}
