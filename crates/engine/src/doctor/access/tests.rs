use serde_json::{Value, json};

use super::*;
use crate::doctor::testing::{OWNER, application_mut, found, id, only, repository};
use crate::doctor::{Facts, examine};
use crate::ports::ReadError;

const ROLE: &str = "arn:aws:iam::123456789012:role/builds/web";

fn allow(principal: &str, actions: &Value) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*",
        }],
    })
    .to_string()
}

fn token() -> String {
    allow(ROLE, &json!("codeartifact:GetAuthorizationToken"))
}

fn read() -> String {
    allow(ROLE, &json!(["codeartifact:ReadFromRepository"]))
}

/// `web` is built by a role of another account than the domain's owner.
fn with(domain: Option<String>, apps: Option<String>) -> impl Fn(&mut Facts) {
    move |facts| {
        application_mut(facts, "web").application.build_role = Some(id(ROLE));
        let policies = &mut facts.policies;
        let key = (id(OWNER), id("acme"));
        policies.domains.insert(key, Ok(domain.clone()));
        { &mut policies.repositories }.insert(repository("apps"), Ok(apps.clone()));
    }
}

#[test]
fn a_role_that_policies_let_in_has_nothing_to_mend() {
    assert_eq!(found(with(Some(token()), Some(read()))), []);
    // What is upstream needs none: nobody read its policy.
    let by_account = allow("arn:aws:iam::123456789012:root", &json!("codeartifact:*"));
    assert_eq!(found(with(Some(by_account.clone()), Some(by_account))), []);
}

#[test]
fn a_role_without_a_token_is_named_with_the_statement_that_mends_it() {
    for domain in [None, Some(read())] {
        let (line, evidence, mend) = only(with(domain, Some(read())));
        assert_eq!(line, "error token-denied web domain 111122223333/acme");
        assert!(evidence.contains(ROLE), "{evidence}");
        assert!(
            mend.ends_with(&format!(
                "{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"{ROLE}\"}}, \"Action\": \"codeartifact:GetAuthorizationToken\", \"Resource\": \"*\"}}"
            )),
            "{mend}"
        );
    }
}

#[test]
fn a_role_that_may_not_read_its_repository_is_named() {
    let (line, _, mend) = only(with(Some(token()), None));
    assert_eq!(
        line,
        "error repository-unreadable web repository 111122223333/acme/apps"
    );
    assert!(mend.contains("put-repository-permissions-policy"), "{mend}");
    assert!(mend.contains("codeartifact:ReadFromRepository"), "{mend}");
}

#[test]
fn an_explicit_deny_is_to_be_taken_out() {
    let denied = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "codeartifact:*", "Resource": "*"},
            {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "codeartifact:ReadFromRepository", "Resource": "*"},
        ],
    });
    let (line, _, mend) = only(with(Some(token()), Some(denied.to_string())));
    assert_eq!(
        line,
        "error repository-unreadable web repository 111122223333/acme/apps"
    );
    assert!(
        mend.starts_with("take the role out of the denying statement"),
        "{mend}"
    );
}

#[test]
fn a_role_of_the_owner_or_of_the_administrator_needs_no_resource_policy() {
    let of_owner = |facts: &mut Facts| {
        with(None, None)(facts);
        let role = format!("arn:aws:iam::{OWNER}:role/web");
        application_mut(facts, "web").application.build_role = Some(id(&role));
    };
    assert_eq!(found(of_owner), []);
    let administered = |facts: &mut Facts| {
        with(Some(token()), None)(facts);
        facts
            .repositories
            .insert(repository("apps"), Ok(id("123456789012")));
    };
    assert_eq!(found(administered), []);
}

#[test]
fn what_hangs_on_a_condition_that_nobody_told_is_advice() {
    let organization = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "codeartifact:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-acme123456"}},
        }],
    })
    .to_string();
    let (line, evidence, _) = only(with(Some(organization), Some(read())));
    assert_eq!(line, "advice token-denied web domain 111122223333/acme");
    assert!(evidence.contains("aws:PrincipalOrgID"), "{evidence}");
}

#[test]
fn a_policy_that_may_not_be_read_is_told() {
    let mut facts = crate::doctor::testing::healthy();
    with(Some(token()), None)(&mut facts);
    let denied = Err(ReadError::Denied("no".to_owned()));
    { &mut facts.policies.repositories }.insert(repository("apps"), denied);
    let diagnosis = examine(&facts);
    assert_eq!(diagnosis.findings, []);
    assert_eq!(
        diagnosis.unread[0].action,
        "codeartifact:GetRepositoryPermissionsPolicy"
    );
    assert_eq!(diagnosis.unread[0].checks, [Check::RepositoryUnreadable]);
}

#[test]
fn only_what_the_build_asks_itself_is_checked() {
    let of = |repositories: &[&str]| {
        let mut facts = crate::doctor::testing::healthy();
        let application = &mut application_mut(&mut facts, "web").application;
        application.repositories = repositories.iter().map(|name| repository(name)).collect();
        let application = application.clone();
        let asked = pulled_through(&application, &facts.topology);
        asked
            .into_iter()
            .map(|id| id.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&["apps", "shared"]), ["apps"]);
    assert_eq!(of(&["shared", "apps"]), ["shared", "apps"]);
    assert_eq!(of(&[]), [""; 0]);
}
