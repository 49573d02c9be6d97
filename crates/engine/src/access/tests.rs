//! Against policies that keep state, and somebody else who writes in between.

mod registry;

use std::task::{Context, Poll, Waker};

use downriver_domain::access::{
    GrantKind, Grantee, PolicyKind, PublishScope, Resource, own_statements,
};

use super::*;
use registry::{Held, Interference};

const THEIRS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"codeartifact:ListPackages","Resource":"*"}]}"#;

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn place() -> RepositoryPlace {
    let arn = "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs";
    let Resource::Repository { region, repository } = arn.parse().expect("an ARN") else {
        panic!("a repository's ARN");
    };
    RepositoryPlace {
        region,
        administrator: repository.domain_owner.clone(),
        repository,
    }
}

fn reader() -> Vec<Grantee> {
    vec![Grantee::Account("444455556666".parse().expect("digits"))]
}

fn grant() -> Wish {
    Wish::Grant(GrantKind::Read, reader())
}

fn revoke() -> Wish {
    Wish::Revoke(GrantKind::Read, reader())
}

fn with_theirs() -> Held {
    let mut held = Held::default();
    held.put(PolicyKind::Domain, THEIRS);
    held.put(PolicyKind::Repository, THEIRS);
    held
}

#[test]
fn a_grant_is_put_once_and_taking_it_back_restores_the_policies() {
    let held = with_theirs();
    let before = held.text();
    let applied = now(apply(&held, &grant(), &place())).expect("it is put");
    let order: Vec<PolicyKind> = applied.edits.iter().map(|edit| edit.policy).collect();
    assert_eq!(order, [PolicyKind::Domain, PolicyKind::Repository]);
    assert_eq!(held.writes(), 2);
    let again = now(apply(&held, &grant(), &place())).expect("nothing to do");
    assert_eq!((again.edits.len(), held.writes()), (0, 2));
    let applied = now(apply(&held, &revoke(), &place())).expect("it is put");
    let order: Vec<PolicyKind> = applied.edits.iter().map(|edit| edit.policy).collect();
    assert_eq!(order, [PolicyKind::Repository, PolicyKind::Domain]);
    assert_eq!(held.text(), before);
}

#[test]
fn an_edit_of_somebody_else_is_never_lost() {
    let other = THEIRS.replace("Theirs", "Meanwhile");
    for first in [PolicyKind::Domain, PolicyKind::Repository] {
        for (held, interference) in [
            (
                with_theirs(),
                Interference::before_next_write(first, &other),
            ),
            // Where there is no revision to name, it is looked once more.
            (
                Held::default(),
                Interference::before_second_read(first, &other),
            ),
        ] {
            held.interfere(interference);
            let applied = now(apply(&held, &grant(), &place())).expect("it is put");
            assert_eq!(applied.conflicts, 1, "{first:?}");
            let document = held.document(first).expect("a policy");
            assert!(document.pretty().contains("Meanwhile"));
            for kind in [PolicyKind::Domain, PolicyKind::Repository] {
                let document = held.document(kind).expect("a policy");
                assert_eq!(own_statements(&document).len(), 1, "{kind}");
            }
            // Each write was reported once, and what was written first is not planned again.
            assert_eq!(applied.edits.len(), 2);
        }
    }
}

#[test]
fn a_change_is_given_up_after_so_many_other_writers() {
    let held = with_theirs();
    held.interfere(Interference::before_every_write(PolicyKind::Repository));
    let error = now(apply(&held, &grant(), &place())).expect_err("always somebody else");
    let AccessError::Contended { done } = &error else {
        panic!("{error}");
    };
    assert_eq!(done.len(), 1);
    assert!(
        error
            .to_string()
            .contains("the domain policy was written already")
    );
}

#[test]
fn what_fails_in_the_middle_gives_nobody_packages_and_is_completed_by_the_same_command() {
    let held = with_theirs();
    held.interfere(Interference::denies(PolicyKind::Repository));
    let error = now(apply(&held, &grant(), &place())).expect_err("denied");
    assert!(
        error.to_string().contains("PutRepositoryPermissionsPolicy"),
        "{error}"
    );
    assert!(own_statements(&held.document(PolicyKind::Repository).expect("theirs")).is_empty());
    held.interfere(Interference::none());
    let applied = now(apply(&held, &grant(), &place())).expect("it is completed");
    assert_eq!(applied.edits.len(), 1);
    // Taking back begins with what gives access.
    held.interfere(Interference::denies(PolicyKind::Domain));
    now(apply(&held, &revoke(), &place())).expect_err("denied");
    assert!(own_statements(&held.document(PolicyKind::Repository).expect("theirs")).is_empty());
    held.interfere(Interference::none());
    now(apply(&held, &revoke(), &place())).expect("it is completed");
    assert_eq!(held.text(), with_theirs().text());
}

#[test]
fn an_edit_that_locks_the_owner_out_is_met_by_the_new_plan() {
    let held = with_theirs();
    let deny = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"codeartifact:*","Resource":"*"}}"#;
    held.interfere(Interference::before_next_write(PolicyKind::Domain, deny));
    let error = now(apply(&held, &grant(), &place())).expect_err("refused");
    assert!(
        matches!(error, AccessError::Refused(GrantError::LocksOut { .. })),
        "{error}"
    );
    assert_eq!(
        held.document(PolicyKind::Domain)
            .expect("theirs")
            .statements()
            .len(),
        1
    );
}

#[test]
fn the_token_stays_where_another_repository_may_need_it() {
    let held = Held::default();
    now(apply(&held, &grant(), &place())).expect("it is put");
    held.add_elsewhere(
        "tools",
        &held
            .document(PolicyKind::Repository)
            .expect("granted")
            .pretty(),
    );
    let applied = now(apply(&held, &revoke(), &place())).expect("it is put");
    assert_eq!(applied.change.token_kept, reader());
    assert!(held.document(PolicyKind::Domain).is_some());
    // One that cannot be read may need it, too.
    held.add_elsewhere("tools", "no policy");
    let publish = GrantKind::Publish(PublishScope::Repository);
    now(apply(
        &held,
        &Wish::Grant(publish.clone(), reader()),
        &place(),
    ))
    .expect("it is put");
    let applied = now(apply(&held, &Wish::Revoke(publish, reader()), &place()));
    assert_eq!(applied.expect("it is put").change.token_kept, reader());
    held.clear_elsewhere();
    now(apply(&held, &Wish::Delete, &place())).expect("it is put");
    assert_eq!(held.text(), Held::default().text());
}

#[test]
fn a_policy_that_is_not_understood_is_left_alone() {
    let mut held = Held::default();
    held.put(
        PolicyKind::Repository,
        r#"{"Statement":[{"Effect":"Perhaps"}]}"#,
    );
    let error = now(apply(&held, &grant(), &place())).expect_err("not understood");
    assert!(error.to_string().contains("line 1, statement 1"), "{error}");
    assert_eq!(held.writes(), 0);
}
