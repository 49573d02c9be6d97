mod deletion;
mod documents;
mod properties;
mod refusals;

use super::{
    Change, GrantError, GrantKind, Grantee, PolicyChange, PublishScope, StandingPolicies,
    own_statements, plan_grant, plan_revoke, refuse_lock_out,
};
use crate::PackagePattern;
use crate::access::decide::{Policies, Request, decide, needs_of};
use crate::access::policy::{PolicyDocument, PolicyKind};
use crate::access::testing::{place, policy};
use crate::access::{Action, Principal, RepositoryPlace};

#[derive(Debug, Clone, Default, PartialEq)]
struct World {
    domain: Option<PolicyDocument>,
    repository: Option<PolicyDocument>,
}

impl World {
    fn of(domain: &[&str], repository: &[&str]) -> Self {
        Self {
            domain: policy(PolicyKind::Domain, domain),
            repository: policy(PolicyKind::Repository, repository),
        }
    }

    fn standing<'a>(&'a self, place: &'a RepositoryPlace) -> StandingPolicies<'a> {
        StandingPolicies {
            place,
            domain: self.domain.as_ref(),
            repository: self.repository.as_ref(),
            elsewhere: Some(&[]),
        }
    }

    fn grant(&self, kind: &GrantKind, grantees: &[Grantee]) -> Result<PolicyChange, GrantError> {
        plan_grant(kind, grantees, &self.standing(&place()))
    }

    fn revoke(&self, kind: &GrantKind, grantees: &[Grantee]) -> Result<PolicyChange, GrantError> {
        plan_revoke(kind, grantees, &self.standing(&place()))
    }

    fn after(&self, change: &PolicyChange) -> Self {
        Self {
            domain: change.domain.after(self.domain.as_ref()).cloned(),
            repository: change.repository.after(self.repository.as_ref()).cloned(),
        }
    }

    fn granted(&self, kind: &GrantKind, grantee: &Grantee) -> Self {
        self.after(&self.grant(kind, std::slice::from_ref(grantee)).unwrap())
    }

    /// Both documents, for people.
    fn text(&self) -> String {
        let text = |document: &Option<PolicyDocument>| {
            document
                .as_ref()
                .map_or_else(|| "none\n".to_owned(), PolicyDocument::pretty)
        };
        format!(
            "domain: {}repository: {}",
            text(&self.domain),
            text(&self.repository)
        )
    }
}

fn account(id: &str) -> Grantee {
    Grantee::Account(id.parse().unwrap())
}

fn role(arn: &str) -> Grantee {
    Grantee::Principal(arn.parse().unwrap())
}

fn organization(id: &str) -> Grantee {
    Grantee::Organization(id.parse().unwrap())
}

fn packages(patterns: &[(&str, Option<&str>, &str)]) -> GrantKind {
    let pattern = |(format, namespace, name): &(&str, Option<&str>, &str)| PackagePattern {
        format: format.parse().unwrap(),
        namespace: namespace.map(str::to_owned),
        name: (*name).to_owned(),
    };
    GrantKind::Publish(PublishScope::Packages(
        patterns.iter().map(pattern).collect(),
    ))
}

const REPOSITORY: GrantKind = GrantKind::Publish(PublishScope::Repository);

/// Whether a principal that has the identity policy of the grant may do everything that reading or publishing takes.
fn may(world: &World, change: &PolicyChange, who: &str, published: Option<&str>) -> bool {
    let mut principal: Principal = who.parse().unwrap();
    principal.organization = "o-abcdefghij".parse().ok();
    let package = published.map(|package| package.parse().unwrap());
    let identity = [change.identity.clone()];
    let policies = Policies {
        domain: world.domain.as_ref(),
        repository: world.repository.as_ref(),
        identity: Some(&identity),
    };
    needs_of(&place(), package.as_ref())
        .into_iter()
        .all(|need| {
            let request = Request::new(principal.clone(), need.action, need.resource).unwrap();
            let request = request.administered_by(place().administrator);
            decide(&request, &policies).is_allowed()
        })
}

#[test]
fn whoever_was_granted_something_may_do_it_and_nobody_else() {
    let ci = "arn:aws:iam::444455556666:role/ci";
    let session = "arn:aws:sts::444455556666:assumed-role/ci/build-7";
    let stranger = "arn:aws:iam::777788889999:role/ci";
    let npm = packages(&[("npm", Some("acme"), "ui-*")]);
    let maven = packages(&[("maven", Some("com.acme"), "core")]);
    let nuget = packages(&[("nuget", None, "acme.*")]);
    let table = [
        (GrantKind::Read, account("444455556666"), None),
        (GrantKind::Read, role(ci), None),
        (npm.clone(), role(ci), Some("pkg:npm/%40acme/ui-tokens")),
        (
            maven.clone(),
            account("444455556666"),
            Some("pkg:maven/com.acme/core"),
        ),
        (nuget.clone(), role(ci), Some("pkg:nuget/acme.core")),
        (REPOSITORY, role(ci), Some("pkg:maven/com.acme/core")),
        (REPOSITORY, role(ci), Some("pkg:nuget/other")),
        (REPOSITORY, account("444455556666"), Some("pkg:npm/react")),
    ];
    for (kind, grantee, package) in table {
        let change = World::default().grant(&kind, &[grantee]).unwrap();
        let world = World::default().after(&change);
        assert!(may(&world, &change, ci, package), "{kind:?}");
        assert!(may(&world, &change, session, package), "{kind:?}");
        assert!(!may(&world, &change, stranger, package), "{kind:?}");
    }
    let change = World::default().grant(&npm, &[role(ci)]).unwrap();
    let world = World::default().after(&change);
    assert!(!may(&world, &change, ci, Some("pkg:npm/%40acme/core")));
    assert!(!may(&world, &change, ci, None));
}

#[test]
fn an_organization_reads_as_a_whole() {
    let change = World::default()
        .grant(&GrantKind::Read, &[organization("o-abcdefghij")])
        .unwrap();
    let world = World::default().after(&change);
    assert!(may(
        &world,
        &change,
        "arn:aws:iam::777788889999:user/eve",
        None
    ));
    let other = World::default().granted(&GrantKind::Read, &organization("o-jihgfedcba"));
    assert!(!may(
        &other,
        &change,
        "arn:aws:iam::777788889999:user/eve",
        None
    ));
}

#[test]
fn granting_twice_changes_nothing_and_names_the_statement() {
    let grantee = account("444455556666");
    let world = World::default().granted(&GrantKind::Read, &grantee);
    let again = world.grant(&GrantKind::Read, &[grantee]).unwrap();
    assert!(!again.is_change());
    let by: Vec<String> = again
        .covered
        .iter()
        .flat_map(|covered| &covered.by)
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        by,
        [
            "statement 1 `DownriverToken` (line 4) of the domain policy",
            "statement 1 `DownriverRead` (line 4) of the repository policy"
        ]
    );
}

#[test]
fn what_others_statements_allow_is_not_granted_again() {
    let world = World::of(
        &["Allow 444455556666 GetAuthorizationToken,Read*,Get*,List*,Describe* *"],
        &["Allow * DescribeRepository *"],
    );
    let ci = role("arn:aws:iam::444455556666:role/ci");
    assert!(
        !world
            .grant(&GrantKind::Read, std::slice::from_ref(&ci))
            .unwrap()
            .is_change()
    );
    let publish = world
        .grant(&packages(&[("npm", None, "react")]), &[ci])
        .unwrap();
    assert_eq!(publish.domain, Change::Unchanged);
    let Change::Put(repository) = publish.repository else {
        panic!("publishing is not allowed yet");
    };
    let own: Vec<_> = own_statements(&repository)
        .into_iter()
        .map(|own| own.actions)
        .collect();
    assert_eq!(own, [["codeartifact:PublishPackageVersion"]]);
}

#[test]
fn an_allow_with_a_condition_or_on_less_does_not_cover() {
    let table = [
        r#"Allow 444455556666 * * {"Bool":{"aws:SecureTransport":"true"}}"#,
        "Allow 444455556666 * <r>",
        "Allow 444455556666 Read*,Describe*,Get* *",
        "Allow arn:aws:iam::444455556666:role/ci * *",
        "Allow 777788889999 * *",
        "Allow 444455556666 * not:<p>/npm/*",
    ];
    for line in table {
        let world = World::of(&[], &[line]);
        let change = world
            .grant(&GrantKind::Read, &[account("444455556666")])
            .unwrap();
        assert!(matches!(change.repository, Change::Put(_)), "{line}");
    }
}

#[test]
fn the_owners_accounts_get_no_resource_policy() {
    let owner = role("arn:aws:iam::111122223333:role/ci");
    let change = World::default().grant(&REPOSITORY, &[owner]).unwrap();
    assert!(!change.is_change());
    assert!(change.covered.iter().all(|covered| covered.by.is_empty()));
    assert!(may(
        &World::default(),
        &change,
        "arn:aws:iam::111122223333:role/ci",
        Some("pkg:nuget/acme.core")
    ));
    let administrator = account("222233334444");
    let change = World::default()
        .grant(&GrantKind::Read, &[administrator])
        .unwrap();
    assert!(matches!(change.domain, Change::Put(_)));
    assert_eq!(change.repository, Change::Unchanged);
}

#[test]
fn denies_in_the_way_are_named() {
    let world = World::of(
        &["Deny * Publish* *"],
        &[
            r#"Deny * ReadFromRepository * {"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#,
            "Deny 777788889999 * *",
            "Deny not:444455556666 Describe* <p>/npm/*",
            "Deny * * <p>/maven/*",
        ],
    );
    let hindrances = |kind: &GrantKind| -> Vec<(String, Vec<Action>, bool)> {
        let change = world.grant(kind, &[account("444455556666")]).unwrap();
        let hindrances = change.hindrances.into_iter();
        hindrances
            .map(|own| {
                let place = format!("{} {}", own.statement.policy, own.statement.index + 1);
                (place, own.actions, own.is_conditional)
            })
            .collect()
    };
    let packages_read = vec![
        Action::DescribePackageVersion,
        Action::GetPackageVersionReadme,
        Action::ListPackageVersionAssets,
        Action::ListPackageVersionDependencies,
        Action::ListPackageVersions,
    ];
    assert_eq!(
        hindrances(&GrantKind::Read),
        [
            (
                "repository policy 1".to_owned(),
                vec![Action::ReadFromRepository],
                true
            ),
            (
                "repository policy 3".to_owned(),
                vec![Action::DescribePackageVersion],
                false
            ),
            ("repository policy 4".to_owned(), packages_read, false),
        ]
    );
    assert_eq!(
        hindrances(&packages(&[("npm", None, "react")])),
        [(
            "domain policy 1".to_owned(),
            vec![Action::PublishPackageVersion],
            false
        )]
    );
}
