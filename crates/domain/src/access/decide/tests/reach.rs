//! Statements about an action, whatever is asked for.

use super::{Action, PolicyKind, Request, place, policy};
use crate::access::{Effect, reach_of};

const ROLE: &str = "arn:aws:iam::444455556666:role/build";

#[test]
fn statements_about_a_principal_are_listed_with_what_they_reach() {
    let who = ROLE.parse().unwrap();
    let place = place();
    let package = place.package(&"pkg:npm/%40acme/tokens".parse().unwrap());
    let request = Request::new(who, Action::PublishPackageVersion, package).unwrap();
    let document = policy(
        PolicyKind::Repository,
        &[
            "Allow 444455556666 PublishPackageVersion <p>/npm/acme/*",
            "Allow 999988887777 PublishPackageVersion *",
            "Allow * ReadFromRepository *",
            "Deny * Publish* <p>/npm//left-pad,<p>/npm//right-pad",
            r#"Allow * * * {"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#,
            r#"Allow * * * {"StringEquals":{"aws:PrincipalAccount":"999988887777"}}"#,
            "Allow * Publish* not:<p>/npm/acme/secret",
        ],
    );
    let reaches = reach_of(&request, &document.unwrap());
    let shown: Vec<(usize, Effect, usize, bool)> = reaches
        .iter()
        .map(|own| {
            let statement = own.statement.index;
            (
                statement,
                own.effect,
                own.resources.len(),
                own.is_conditional,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (0, Effect::Allow, 1, false),
            (3, Effect::Deny, 2, false),
            (4, Effect::Allow, 1, true),
            (6, Effect::Allow, 1, false),
        ]
    );
    assert!(reaches[0].resources[0].ends_with("/npm/acme/*"));
    assert!(reaches[3].resources[0].starts_with("all but arn:"));
}

#[test]
fn a_policy_that_does_not_count_reaches_nothing() {
    let request = Request::new(
        ROLE.parse().unwrap(),
        Action::GetAuthorizationToken,
        place().domain(),
    );
    let document = policy(PolicyKind::Repository, &["Allow * * *"]).unwrap();
    assert_eq!(reach_of(&request.unwrap(), &document), []);
}
