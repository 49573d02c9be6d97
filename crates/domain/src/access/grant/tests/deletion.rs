//! Deleting: our own statements, or one policy as a whole.

use super::{
    Change, GrantKind, PolicyKind, PublishScope, World, account, organization, own_statements,
    place, policy,
};
use crate::access::grant::{StandingPolicies, plan_delete, plan_delete_whole};

const THEIRS: &str = "Allow 999988887777 ListPackages *";

fn granted() -> World {
    let world = World::of(&[THEIRS], &[THEIRS]);
    let world = world.granted(&GrantKind::Read, &account("444455556666"));
    let publish = GrantKind::Publish(PublishScope::Repository);
    world.granted(&publish, &organization("o-abcdefghij"))
}

#[test]
fn every_own_statement_goes_and_those_of_others_stay() {
    let world = granted();
    let place = place();
    let change = plan_delete(&world.standing(&place)).unwrap();
    let after = world.after(&change);
    let before = World::of(&[THEIRS], &[THEIRS]);
    assert_eq!(after.text(), before.text());
    assert_eq!(change.token_kept, []);
    let again = plan_delete(&after.standing(&place)).unwrap();
    assert!(!again.is_change(), "{again:?}");
}

#[test]
fn a_policy_that_had_nothing_else_is_deleted() {
    let world = World::of(&[], &[]);
    let world = world.granted(&GrantKind::Read, &account("444455556666"));
    let change = plan_delete(&world.standing(&place())).unwrap();
    assert_eq!(
        (&change.domain, &change.repository),
        (&Change::Delete, &Change::Delete)
    );
}

#[test]
fn the_token_stays_with_those_who_have_a_grant_elsewhere() {
    let world = granted();
    let elsewhere = World::of(&[], &[]).granted(&GrantKind::Read, &account("444455556666"));
    let others = [elsewhere.repository.unwrap()];
    let place = place();
    let standing = StandingPolicies {
        elsewhere: Some(&others),
        ..world.standing(&place)
    };
    let change = plan_delete(&standing).unwrap();
    assert_eq!(change.token_kept, [account("444455556666")]);
    let domain = world.after(&change).domain.unwrap();
    let grantees: Vec<_> = own_statements(&domain)
        .into_iter()
        .flat_map(|own| own.grantees)
        .collect();
    assert_eq!(grantees, ["arn:aws:iam::444455556666:root"]);
    // Not read is not empty.
    let unread = StandingPolicies {
        elsewhere: None,
        ..standing
    };
    assert_eq!(plan_delete(&unread).unwrap().token_kept.len(), 2);
}

#[test]
fn one_policy_goes_as_a_whole_and_the_other_stays() {
    let world = granted();
    let place = place();
    let change = plan_delete_whole(PolicyKind::Repository, &world.standing(&place)).unwrap();
    assert_eq!(
        (&change.domain, &change.repository),
        (&Change::Unchanged, &Change::Delete)
    );
    let none = World::of(&[THEIRS], &[]);
    let change = plan_delete_whole(PolicyKind::Repository, &none.standing(&place)).unwrap();
    assert!(!change.is_change());
    assert_eq!(policy(PolicyKind::Domain, &[THEIRS]), none.domain);
}

#[test]
fn a_deletion_that_leaves_the_owner_locked_out_is_refused() {
    let deny = "Deny 111122223333 GetDomainPermissionsPolicy *";
    let world = World::of(&[deny], &[THEIRS]);
    let place = place();
    let whole = |kind| plan_delete_whole(kind, &world.standing(&place));
    assert!(whole(PolicyKind::Repository).is_err());
    // What locks out is what goes.
    assert!(whole(PolicyKind::Domain).is_ok());
}
