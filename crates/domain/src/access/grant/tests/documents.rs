use super::{
    Change, GrantKind, REPOSITORY, StandingPolicies, World, account, organization, own_statements,
    packages, place, plan_revoke, role,
};
use crate::access::policy::{PolicyDocument, PolicyKind};

#[test]
fn reading_is_one_statement_in_each_policy() {
    let world = World::default().granted(&GrantKind::Read, &account("444455556666"));
    insta::assert_snapshot!(world.text(), @r#"
    domain: {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "DownriverToken",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::444455556666:root"
            ]
          },
          "Action": [
            "codeartifact:GetAuthorizationToken"
          ],
          "Resource": "*"
        }
      ]
    }
    repository: {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "DownriverRead",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::444455556666:root"
            ]
          },
          "Action": [
            "codeartifact:DescribePackageVersion",
            "codeartifact:DescribeRepository",
            "codeartifact:GetPackageVersionReadme",
            "codeartifact:GetRepositoryEndpoint",
            "codeartifact:ListPackageVersionAssets",
            "codeartifact:ListPackageVersionDependencies",
            "codeartifact:ListPackageVersions",
            "codeartifact:ListPackages",
            "codeartifact:ReadFromRepository"
          ],
          "Resource": "*"
        }
      ]
    }
    "#);
}

/// One line for each own statement of the repository policy.
fn lines(world: &World) -> String {
    let own = own_statements(world.repository.as_ref().unwrap());
    let line = |own: crate::access::OwnStatement| {
        let actions = own.actions.join(" ").replace("codeartifact:", "");
        let sid = own.statement.sid.unwrap();
        format!(
            "{sid}: {actions} on {} to {}\n",
            own.resources.join(" "),
            own.grantees.join(" ")
        )
    };
    own.into_iter().map(line).collect()
}

#[test]
fn publishing_names_the_packages_and_what_their_formats_need() {
    let kind = packages(&[
        ("npm", Some("acme"), "*"),
        ("maven", Some("com.acme"), "core"),
        ("nuget", None, "acme.*"),
        ("generic", Some("acme"), "a?b${c}"),
    ]);
    let world = World::default().granted(&kind, &role("arn:aws:iam::444455556666:role/ci"));
    insta::assert_snapshot!(lines(&world), @r#"
    DownriverPublishEndpoint: GetRepositoryEndpoint on arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs to arn:aws:iam::444455556666:role/ci
    DownriverPublishNuget: ReadFromRepository on arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs to arn:aws:iam::444455556666:role/ci
    DownriverPublish: PublishPackageVersion on arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/npm/acme/* arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/nuget//acme.* arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/generic/acme/a${?}b${$}{c} to arn:aws:iam::444455556666:role/ci
    DownriverPublish2: PublishPackageVersion PutPackageMetadata on arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/maven/com.acme/core to arn:aws:iam::444455556666:role/ci
    "#);
}

#[test]
fn a_repository_is_published_to_as_a_whole() {
    let world = World::default().granted(&REPOSITORY, &account("444455556666"));
    insta::assert_snapshot!(lines(&world), @r#"
    DownriverPublishEndpoint: GetRepositoryEndpoint on arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs to arn:aws:iam::444455556666:root
    DownriverPublishNuget: ReadFromRepository on arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs to arn:aws:iam::444455556666:root
    DownriverPublish: PublishPackageVersion PutPackageMetadata on arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/* to arn:aws:iam::444455556666:root
    "#);
}

#[test]
fn an_organization_is_named_in_a_condition() {
    let world = World::default()
        .granted(&GrantKind::Read, &organization("o-abcdefghij"))
        .granted(&GrantKind::Read, &organization("o-jihgfedcba"));
    let domain = world.domain.as_ref().map(PolicyDocument::pretty);
    insta::assert_snapshot!(domain.unwrap(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "DownriverToken",
          "Effect": "Allow",
          "Principal": "*",
          "Action": [
            "codeartifact:GetAuthorizationToken"
          ],
          "Resource": "*",
          "Condition": {
            "StringEquals": {
              "aws:PrincipalOrgID": [
                "o-abcdefghij",
                "o-jihgfedcba"
              ]
            }
          }
        }
      ]
    }
    "#);
    assert_eq!(
        own_statements(world.repository.as_ref().unwrap())[0].grantees,
        ["o-abcdefghij", "o-jihgfedcba"]
    );
}

#[test]
fn the_identity_policy_says_the_rest() {
    let kind = packages(&[("npm", None, "react")]);
    let change = World::default()
        .grant(&kind, &[account("444455556666")])
        .unwrap();
    insta::assert_snapshot!(change.identity.pretty(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": [
            "codeartifact:GetAuthorizationToken"
          ],
          "Resource": [
            "arn:aws:codeartifact:eu-west-1:111122223333:domain/acme"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "sts:GetServiceBearerToken"
          ],
          "Resource": "*",
          "Condition": {
            "StringEquals": {
              "sts:AWSServiceName": "codeartifact.amazonaws.com"
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": [
            "codeartifact:GetRepositoryEndpoint"
          ],
          "Resource": [
            "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "codeartifact:PublishPackageVersion"
          ],
          "Resource": [
            "arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/npm//react"
          ]
        }
      ]
    }
    "#);
}

#[test]
fn a_second_grantee_joins_the_statement() {
    let world = World::default().granted(&GrantKind::Read, &account("444455556666"));
    let more = world.granted(&GrantKind::Read, &role("arn:aws:iam::777788889999:role/ci"));
    let (before, after) = (world.text(), more.text());
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (before, after) = (lines(&before), lines(&after));
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert_eq!(
        new,
        [
            "          \"arn:aws:iam::444455556666:root\",",
            "          \"arn:aws:iam::777788889999:role/ci\"",
            "          \"arn:aws:iam::444455556666:root\",",
            "          \"arn:aws:iam::777788889999:role/ci\"",
        ]
    );
}

#[test]
fn statements_of_others_stay_as_they_are() {
    let text = r#"{"Id":"x","Statement":{"Action":["codeartifact:List*"],"Sid":"Theirs","Principal":{"AWS":"777788889999"},
        "Effect":"Allow","Resource":"*"},"Version":"2008-10-17"}"#;
    let before = World {
        domain: None,
        repository: PolicyDocument::parse(PolicyKind::Repository, text).ok(),
    };
    let after = before.granted(&GrantKind::Read, &account("444455556666"));
    insta::assert_snapshot!(after.text(), @r#"
    domain: {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "DownriverToken",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::444455556666:root"
            ]
          },
          "Action": [
            "codeartifact:GetAuthorizationToken"
          ],
          "Resource": "*"
        }
      ]
    }
    repository: {
      "Id": "x",
      "Statement": [
        {
          "Action": [
            "codeartifact:List*"
          ],
          "Sid": "Theirs",
          "Principal": {
            "AWS": "777788889999"
          },
          "Effect": "Allow",
          "Resource": "*"
        },
        {
          "Sid": "DownriverRead",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::444455556666:root"
            ]
          },
          "Action": [
            "codeartifact:DescribePackageVersion",
            "codeartifact:DescribeRepository",
            "codeartifact:GetPackageVersionReadme",
            "codeartifact:GetRepositoryEndpoint",
            "codeartifact:ListPackageVersionAssets",
            "codeartifact:ListPackageVersionDependencies",
            "codeartifact:ListPackageVersions",
            "codeartifact:ListPackages",
            "codeartifact:ReadFromRepository"
          ],
          "Resource": "*"
        }
      ],
      "Version": "2008-10-17"
    }
    "#);
}

#[test]
fn a_statement_that_was_edited_is_left_alone() {
    let before = World::default().granted(&GrantKind::Read, &account("444455556666"));
    let edited = before
        .text()
        .replace("\"*\"", "\"arn:aws:codeartifact:*:*:repository/*\"");
    let (_, repository) = edited.split_once("repository: ").unwrap();
    let world = World {
        domain: before.domain.clone(),
        repository: PolicyDocument::parse(PolicyKind::Repository, repository).ok(),
    };
    let after = world.granted(&GrantKind::Read, &account("777788889999"));
    let own: Vec<_> = own_statements(after.repository.as_ref().unwrap())
        .into_iter()
        .map(|own| (own.statement.sid.unwrap(), own.grantees))
        .collect();
    assert_eq!(
        own,
        [
            (
                "DownriverRead".to_owned(),
                vec!["arn:aws:iam::444455556666:root".to_owned()]
            ),
            (
                "DownriverRead2".to_owned(),
                vec!["arn:aws:iam::777788889999:root".to_owned()]
            ),
        ]
    );
}

#[test]
fn taking_back_leaves_the_other_grantees() {
    let ci = role("arn:aws:iam::777788889999:role/ci");
    let alone = World::default().granted(&GrantKind::Read, &account("444455556666"));
    let both = alone.granted(&GrantKind::Read, &ci);
    let change = both.revoke(&GrantKind::Read, &[ci]).unwrap();
    assert_eq!(both.after(&change).text(), alone.text());
    assert_eq!(change.covered, []);
}

#[test]
fn taking_back_from_the_last_one_deletes_the_policy() {
    let grantee = account("444455556666");
    let world = World::default().granted(&REPOSITORY, &grantee);
    let change = world.revoke(&REPOSITORY, &[grantee]).unwrap();
    assert_eq!(
        (change.domain, change.repository),
        (Change::Delete, Change::Delete)
    );
}

#[test]
fn taking_back_what_was_not_granted_changes_nothing() {
    let world = World::of(&[], &["Allow 444455556666 * *"]);
    let change = world
        .revoke(&GrantKind::Read, &[account("444455556666")])
        .unwrap();
    assert!(!change.is_change());
    let left: Vec<_> = change
        .covered
        .iter()
        .map(|own| own.by[0].to_string())
        .collect();
    assert_eq!(left, ["statement 1 (line 4) of the repository policy"]);
}

#[test]
fn publishing_taken_back_package_by_package_keeps_what_the_others_need() {
    let grantee = account("444455556666");
    let (npm, nuget) = (
        packages(&[("npm", None, "a")]),
        packages(&[("nuget", None, "b")]),
    );
    let both = World::default()
        .granted(&npm, &grantee)
        .granted(&nuget, &grantee);
    let sids = |world: &World| -> Vec<String> {
        let own = own_statements(world.repository.as_ref().unwrap());
        own.into_iter()
            .filter_map(|own| own.statement.sid)
            .collect()
    };
    assert_eq!(
        sids(&both),
        [
            "DownriverPublishEndpoint",
            "DownriverPublish",
            "DownriverPublishNuget"
        ]
    );
    let one = both.after(&both.revoke(&nuget, std::slice::from_ref(&grantee)).unwrap());
    assert_eq!(sids(&one), ["DownriverPublishEndpoint", "DownriverPublish"]);
    assert_eq!(one.domain, both.domain);
    let none = one.after(&one.revoke(&REPOSITORY, &[grantee]).unwrap());
    assert_eq!(none, World::default());
}

#[test]
fn the_token_stays_while_something_else_may_use_it() {
    let grantee = account("444455556666");
    let place = place();
    let world = World::default().granted(&GrantKind::Read, &grantee);
    let elsewhere = [world.repository.clone().unwrap()];
    let kept = |elsewhere| {
        let standing = StandingPolicies {
            elsewhere,
            ..world.standing(&place)
        };
        let change =
            plan_revoke(&GrantKind::Read, std::slice::from_ref(&grantee), &standing).unwrap();
        assert_eq!(change.repository, Change::Delete);
        (change.domain, change.token_kept)
    };
    assert_eq!(kept(None), (Change::Unchanged, vec![grantee.clone()]));
    assert_eq!(
        kept(Some(&elsewhere)),
        (Change::Unchanged, vec![grantee.clone()])
    );
    assert_eq!(kept(Some(&[])), (Change::Delete, vec![]));
    let publishing = world.granted(&packages(&[("npm", None, "a")]), &grantee);
    let change = publishing
        .revoke(&GrantKind::Read, std::slice::from_ref(&grantee))
        .unwrap();
    assert_eq!(
        (change.domain, change.token_kept),
        (Change::Unchanged, vec![grantee])
    );
}

#[test]
fn packages_of_one_publisher_share_a_statement_and_leave_it_one_by_one() {
    let (a, b) = (
        packages(&[("npm", None, "a")]),
        packages(&[("npm", None, "b")]),
    );
    let grantee = account("444455556666");
    let one = World::default().granted(&a, &grantee);
    let two = one.granted(&b, &grantee);
    let publish = own_statements(two.repository.as_ref().unwrap()).remove(1);
    assert_eq!(publish.resources.len(), 2);
    let back = two.revoke(&b, std::slice::from_ref(&grantee)).unwrap();
    assert_eq!(two.after(&back).text(), one.text());
    let joined = two.granted(&a, &account("777788889999"));
    let back = joined.revoke(&a, &[account("777788889999")]).unwrap();
    assert_eq!(joined.after(&back).text(), two.text());
}
