use proptest::prelude::*;
use proptest::sample::select;

use super::{GrantKind, Grantee, REPOSITORY, World, account, may, organization, packages, role};

const FOREIGN: &[&str] = &[
    "Allow 777788889999 Read*,Describe* *",
    "Allow * GetAuthorizationToken *",
    "Allow 444455556666 ReadFromRepository <r>",
    "Allow arn:aws:iam::444455556666:role/ci * <p>/npm/*",
    "Deny 777788889999 Publish* *",
    r#"Allow * Read* * {"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#,
];

fn grantee() -> impl Strategy<Value = Grantee> {
    prop_oneof![
        Just(account("444455556666")),
        Just(role("arn:aws:iam::444455556666:role/ci")),
        Just(role("arn:aws:iam::777788889999:user/bob")),
        Just(organization("o-abcdefghij")),
    ]
}

fn kind() -> impl Strategy<Value = GrantKind> {
    prop_oneof![
        Just(GrantKind::Read),
        Just(REPOSITORY),
        Just(packages(&[
            ("npm", Some("acme"), "*"),
            ("maven", Some("com.acme"), "core")
        ])),
        Just(packages(&[("nuget", None, "acme.core")])),
    ]
}

fn world() -> impl Strategy<Value = World> {
    let lines = || prop::collection::vec(select(FOREIGN), 0..3);
    (lines(), lines()).prop_map(|(domain, repository)| World::of(&domain, &repository))
}

/// Somebody of the grantee, and a package of the kind.
fn example(kind: &GrantKind, grantee: &Grantee) -> (&'static str, Option<&'static str>) {
    let who = match grantee {
        Grantee::Principal(principal) if principal.to_string().contains("bob") => {
            "arn:aws:iam::777788889999:user/bob"
        }
        _ => "arn:aws:iam::444455556666:role/ci",
    };
    let package = match kind {
        GrantKind::Read => None,
        kind if *kind == packages(&[("nuget", None, "acme.core")]) => Some("pkg:nuget/acme.core"),
        GrantKind::Publish(_) => Some("pkg:maven/com.acme/core"),
    };
    (who, package)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_grant_is_made_once(world in world(), kind in kind(), grantee in grantee()) {
        let change = world.grant(&kind, std::slice::from_ref(&grantee)).unwrap();
        let after = world.after(&change);
        let again = after.grant(&kind, std::slice::from_ref(&grantee)).unwrap();
        prop_assert!(!again.is_change());
    }

    #[test]
    fn who_was_granted_something_may_do_it_unless_denied(
        world in world(),
        kind in kind(),
        grantee in grantee(),
    ) {
        let change = world.grant(&kind, std::slice::from_ref(&grantee)).unwrap();
        let after = world.after(&change);
        let (who, package) = example(&kind, &grantee);
        prop_assert_eq!(may(&after, &change, who, package), change.hindrances.is_empty() || !who.contains("7777"));
    }

    #[test]
    fn taking_a_grant_back_restores_the_policies(world in world(), kind in kind(), grantee in grantee()) {
        let after = world.granted(&kind, &grantee);
        let back = after.revoke(&kind, std::slice::from_ref(&grantee)).unwrap();
        prop_assert_eq!(after.after(&back).text(), world.text());
    }

    #[test]
    fn the_order_of_two_grants_does_not_matter_for_what_is_allowed(
        world in world(),
        kind in kind(),
        one in grantee(),
        other in grantee(),
    ) {
        let both = world.granted(&kind, &one).granted(&kind, &other);
        for grantee in [one, other] {
            let again = both.grant(&kind, &[grantee]).unwrap();
            prop_assert!(!again.is_change());
        }
    }
}
