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
