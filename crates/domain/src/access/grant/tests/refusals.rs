use super::{
    GrantError, GrantKind, Grantee, World, account, packages, place, policy, refuse_lock_out,
};
use crate::access::policy::PolicyKind;

#[test]
fn a_grant_needs_somebody_and_something() {
    let world = World::default();
    assert_eq!(
        world.grant(&GrantKind::Read, &[]),
        Err(GrantError::NoGrantee)
    );
    assert_eq!(
        world.grant(&packages(&[]), &[account("444455556666")]),
        Err(GrantError::NoPackage)
    );
}

#[test]
fn a_policy_that_locks_its_owner_out_is_not_put() {
    let table = [
        ("Deny * * *", ""),
        ("Deny 111122223333 PutRepositoryPermissionsPolicy *", ""),
        ("Deny * *:Get*PermissionsPolicy <d>", ""),
        ("", "Deny * * *"),
        (
            "",
            "Deny 222233334444 DeleteRepositoryPermissionsPolicy <r>",
        ),
        (
            r#"Deny * * * {"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
            "",
        ),
    ];
    for (domain, repository) in table {
        let lines = |line: &'static str| Some(line).filter(|line| !line.is_empty());
        let domain: Vec<&str> = lines(domain).into_iter().collect();
        let repository: Vec<&str> = lines(repository).into_iter().collect();
        let world = World::of(&domain, &repository);
        let wrong = world.grant(&GrantKind::Read, &[account("444455556666")]);
        assert!(
            matches!(wrong, Err(GrantError::LocksOut { .. })),
            "{domain:?} {repository:?}"
        );
    }
}

#[test]
fn a_policy_that_leaves_its_owner_in_is_put() {
    let table = [
        "Deny * PutDomainPermissionsPolicy *",
        "Deny 777788889999 * *",
        "Deny arn:aws:iam::111122223333:role/ci * *",
        r#"Deny * * * {"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/admin"}}"#,
        r#"Deny * * * {"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#,
        r#"Deny * * * {"StringNotEquals":{"aws:PrincipalAccount":["111122223333","222233334444"]}}"#,
        "Deny not:111122223333,222233334444 * *",
    ];
    for line in table {
        let world = World::of(&[line], &[]);
        let change = world.grant(&GrantKind::Read, &[account("444455556666")]);
        assert!(change.is_ok(), "{line}: {change:?}");
    }
}

#[test]
fn the_refusal_names_the_statement() {
    let domain = policy(PolicyKind::Domain, &["Allow * * *", "Deny * Put* *"]);
    let wrong = refuse_lock_out(&place(), domain.as_ref(), None).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "under the new policies statement 2 (line 14) of the domain policy would deny `codeartifact:PutRepositoryPermissionsPolicy` to account 111122223333 itself: change that statement first"
    );
}

#[test]
fn a_policy_beyond_the_limit_is_refused() {
    let grantees: Vec<Grantee> = (0..300)
        .map(|number| account(&format!("4444{number:08}")))
        .collect();
    let wrong = World::default()
        .grant(&GrantKind::Read, &grantees)
        .unwrap_err();
    assert!(matches!(
        wrong,
        GrantError::TooLong {
            policy: PolicyKind::Domain,
            ..
        }
    ));
}

#[test]
fn white_space_is_left_out_where_only_that_fits() {
    let grantees: Vec<Grantee> = (0..170)
        .map(|number| account(&format!("4444{number:08}")))
        .collect();
    let change = World::default().grant(&GrantKind::Read, &grantees).unwrap();
    let world = World::default().after(&change);
    let repository = world.repository.unwrap();
    assert!(repository.pretty().len() > 7_168);
    let stored = repository.stored_text();
    assert!(stored.len() <= 7_168 && !stored.contains('\n'));
}
