use super::*;
use crate::doctor::testing::{
    TOKENS, application_mut, dependency, found, healthy, id, only, repository, topology_mut,
};
use crate::doctor::{Facts, examine};

fn set(facts: &mut Facts, name: &str, result: Result<OriginControls, ReadError>) {
    let held = &mut facts.packages.held;
    held.insert((repository(name), id(TOKENS)), result);
}

const OPEN: OriginControls = OriginControls {
    is_publish_allowed: true,
    is_upstream_allowed: true,
};

#[test]
fn a_repository_that_does_not_exist_is_named() {
    let (line, _, mend) = only(|facts| {
        facts
            .repositories
            .insert(repository("apps"), Err(ReadError::NotFound));
    });
    assert_eq!(
        line,
        "error repository-missing - repository 111122223333/acme/apps"
    );
    assert!(
        mend.contains("--domain-owner 111122223333 --domain acme --repository apps"),
        "{mend}"
    );
}

#[test]
fn a_product_that_was_never_published_is_named() {
    let (line, evidence, _) = only(|facts| set(facts, "shared", Err(ReadError::NotFound)));
    assert_eq!(line, "warning package-missing lib application lib");
    assert!(
        evidence.contains("to 111122223333/acme/shared"),
        "{evidence}"
    );
}

#[test]
fn a_dependency_that_no_repository_holds_is_named_if_all_were_asked() {
    const BUTTONS: &str = "pkg:npm/%40acme/buttons";
    let depends = |facts: &mut Facts| {
        application_mut(facts, "web")
            .dependencies
            .push(dependency(BUTTONS));
        topology_mut(facts).internal = vec![downriver_domain::PackagePattern {
            format: downriver_domain::version::Format::Npm,
            namespace: Some("acme".to_owned()),
            name: "*".to_owned(),
        }];
        for name in ["apps", "shared"] {
            let held = &mut facts.packages.held;
            held.insert((repository(name), id(BUTTONS)), Err(ReadError::NotFound));
        }
    };
    let (line, evidence, _) = only(depends);
    assert_eq!(line, "warning package-missing web application web");
    assert!(
        evidence.contains("web depends on pkg:npm/%40acme/buttons"),
        "{evidence}"
    );
    let mut facts = healthy();
    depends(&mut facts);
    let denied = Err(ReadError::Denied("no".to_owned()));
    { &mut facts.packages.held }.insert((repository("shared"), id(BUTTONS)), denied);
    let diagnosis = examine(&facts);
    assert_eq!(diagnosis.findings, []);
    assert_eq!(diagnosis.unread[0].action, "codeartifact:DescribePackage");
    // Of those of others nobody asks.
    let third_party = |facts: &mut Facts| {
        application_mut(facts, "web")
            .dependencies
            .push(dependency("pkg:npm/react"));
    };
    assert_eq!(found(third_party), []);
}

#[test]
fn origin_controls_that_block_publishing_are_named() {
    let (line, _, mend) = only(|facts| {
        let blocked = OriginControls {
            is_publish_allowed: false,
            ..OPEN
        };
        set(facts, "shared", Ok(blocked));
    });
    assert_eq!(
        line,
        "error publish-blocked lib repository 111122223333/acme/shared"
    );
    assert_eq!(
        mend,
        "aws codeartifact put-package-origin-configuration --domain-owner 111122223333 --domain acme --repository shared \
         --format npm --namespace acme --package tokens --restrictions publish=ALLOW,upstream=ALLOW"
    );
}

#[test]
fn origin_controls_that_keep_a_product_from_an_application_are_named() {
    let blocked = OriginControls {
        is_upstream_allowed: false,
        ..OPEN
    };
    let (line, evidence, mend) = only(|facts| set(facts, "apps", Ok(blocked)));
    assert_eq!(
        line,
        "error upstream-blocked web repository 111122223333/acme/apps"
    );
    assert!(
        evidence.contains("what lib publishes to 111122223333/acme/shared does not reach web"),
        "{evidence}"
    );
    assert!(mend.ends_with("publish=ALLOW,upstream=ALLOW"), "{mend}");
    // Where it is published, nothing has to come down.
    assert_eq!(found(|facts| set(facts, "shared", Ok(blocked))), []);
    // Another way leads there.
    let beside = |facts: &mut Facts| {
        set(facts, "apps", Ok(blocked));
        let repositories = &mut application_mut(facts, "web").application.repositories;
        repositories.push(repository("shared"));
    };
    assert_eq!(found(beside), []);
}
