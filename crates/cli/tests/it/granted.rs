//! `access` against the simulated services: policies that are read, changed and deleted over HTTP.

mod domain;

use downriver_testkit::simulated_aws::{FaultKind, Operation, Refusal};
use serde_json::{Value, json};

use domain::{APPS, DOMAIN, Domain, OWNER, READER, fault, theirs};

#[test]
fn a_grant_is_shown_then_put_once_and_revoked() {
    let domain = Domain::with_theirs("granted");
    let before = domain.both();
    let grant = ["grant", "read", READER];
    let shown = domain.run(&grant);
    assert_eq!(shown.code, 0, "{}{}", shown.out, shown.err);
    assert!(
        shown.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        shown.out
    );
    for part in [
        "+++ repository policy, after",
        "+        \"codeartifact:ReadFromRepository\"",
        "sts:GetServiceBearerToken",
        "nothing was written",
    ] {
        assert!(shown.out.contains(part), "no {part:?} in\n{}", shown.out);
    }
    assert_eq!(domain.both(), before);

    let writes = domain.writes();
    let applied = domain.json(&[&grant[..], &["--apply"]].concat());
    assert_eq!(
        (&applied["changed"], &applied["applied"]),
        (&json!(true), &json!(true))
    );
    let diff = applied["edits"][0]["diff"].as_str().unwrap();
    insta::assert_snapshot!(diff, @r#"
    --- domain policy, before
    +++ domain policy, after
    @@ -8,6 +8,19 @@
           },
           "Resource": "*",
           "Sid": "Theirs"
    +    },
    +    {
    +      "Sid": "DownriverToken",
    +      "Effect": "Allow",
    +      "Principal": {
    +        "AWS": [
    +          "arn:aws:iam::444455556666:root"
    +        ]
    +      },
    +      "Action": [
    +        "codeartifact:GetAuthorizationToken"
    +      ],
    +      "Resource": "*"
         }
       ],
       "Version": "2012-10-17"
    "#);
    assert_eq!(domain.writes(), writes + 2);
    let granted = domain.both();
    assert_ne!(granted, before);
    let again = domain.json(&[&grant[..], &["--apply"]].concat());
    assert_eq!(
        (&again["changed"], &again["edits"]),
        (&json!(false), &json!([]))
    );
    assert_eq!((domain.both(), domain.writes()), (granted, writes + 2));

    // Whoever was granted it may read now.
    let role = format!("arn:aws:iam::{READER}:role/ci");
    let checked = domain.json(&["check", "read", &role, "--suppose-identity"]);
    assert_eq!(checked["needs"][3]["statements"][0]["sid"], "DownriverRead");

    let revoked = domain.json(&["revoke", "read", READER, "--apply"]);
    assert_eq!(revoked["changed"], true);
    assert_eq!(domain.both(), before);
}

#[test]
fn a_concurrent_edit_is_kept_and_the_change_planned_anew() {
    for operation in [
        Operation::PutDomainPermissionsPolicy,
        Operation::PutRepositoryPermissionsPolicy,
    ] {
        let domain = Domain::with_theirs("granted-beside");
        let arguments = ["grant", "read", READER, "--apply", "--format", "json"];
        let ran = domain.run_beside(operation, &theirs("Meanwhile"), &arguments);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let applied: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(applied["conflicts"], 1);
        let of = match operation {
            Operation::PutDomainPermissionsPolicy => DOMAIN,
            _ => APPS,
        };
        let policy = domain.policy(of);
        assert!(policy.contains("Meanwhile"), "{policy}");
        for of in [DOMAIN, APPS] {
            let policy = domain.policy(of);
            assert!(policy.contains("Downriver"), "{policy}");
        }
    }
}

#[test]
fn packages_are_published_by_pattern_and_in_organizations() {
    let domain = Domain::new("granted-publish");
    let patterns = [
        "--package",
        "pkg:npm/%40acme/*",
        "--package",
        "pkg:maven/com.acme/*",
    ];
    let grant = [&["grant", "publish", READER, "--apply"], &patterns[..]].concat();
    let granted = domain.json(&grant);
    assert!(
        granted["identity_policy"]
            .to_string()
            .contains("PutPackageMetadata")
    );
    let role = format!("arn:aws:iam::{READER}:role/ci");
    let check = |package: &str| {
        let ran = domain.run(&["check", "publish", &role, package, "--suppose-identity"]);
        ran.code
    };
    assert_eq!(check("pkg:npm/%40acme/tokens"), 0);
    assert_eq!(check("pkg:maven/com.acme/commons"), 0);
    assert_eq!(check("pkg:npm/left-pad"), 10);
    let revoke = [
        "revoke",
        "publish",
        READER,
        "--apply",
        "--package",
        "pkg:npm/%40acme/*",
    ];
    domain.json(&revoke);
    assert_eq!(
        (
            check("pkg:npm/%40acme/tokens"),
            check("pkg:maven/com.acme/commons")
        ),
        (10, 0)
    );

    domain.json(&["grant", "read", "--organization", "o-abcdefghij", "--apply"]);
    let context = ["--context", "aws:PrincipalOrgID=o-abcdefghij"];
    let other = [
        "check",
        "read",
        "arn:aws:iam::999988887777:role/ci",
        "--suppose-identity",
    ];
    assert_eq!(domain.run(&other).code, 10);
    assert_eq!(domain.run(&[&other[..], &context].concat()).code, 0);
}

#[test]
fn a_change_that_locks_its_owner_out_is_refused() {
    let domain = Domain::new("granted-lock-out");
    let deny = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny",
        "Principal": "*",
        "Action": "codeartifact:*RepositoryPermissionsPolicy",
        "Resource": "*",
    }]});
    domain.put(APPS, &deny.to_string());
    let before = domain.both();
    let ran = domain.run(&["grant", "read", READER, "--apply"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    for part in ["statement 1 (line", OWNER, "nothing was written"] {
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
    assert_eq!(domain.both(), before);
}

#[test]
fn policies_are_shown_with_what_was_granted() {
    let domain = Domain::with_theirs("granted-shown");
    domain.json(&["grant", "read", READER, "--apply"]);
    let shown = domain.json(&["show"]);
    let own = &shown["repository_policy"]["own"][0];
    assert_eq!(
        (&own["sid"], &own["statement"]),
        (&json!("DownriverRead"), &json!(2))
    );
    assert_eq!(
        own["grantees"],
        json!([format!("arn:aws:iam::{READER}:root")])
    );
    assert_eq!(shown["domain_policy"]["own"][0]["sid"], "DownriverToken");
    assert_eq!(
        shown["domain_policy"]["document"]["Statement"][0]["Sid"],
        "Theirs"
    );
    let ran = domain.run(&["show"]);
    let own = "statement 2 `DownriverToken` (line 12) of the domain policy lets\n    arn:aws:iam::444455556666:root do GetAuthorizationToken on *";
    for part in ["111122223333/acme: domain policy, revision revision-2", own] {
        assert!(ran.out.contains(part), "no {part:?} in\n{}", ran.out);
    }
    let none = domain.json(&["show", "--repository", "libraries"]);
    assert_eq!(none["repository_policy"], Value::Null);
}

#[test]
fn deleting_takes_own_statements_and_everything_only_if_it_is_meant() {
    let domain = Domain::with_theirs("granted-deleted");
    let before = domain.both();
    domain.json(&["grant", "read", READER, "--apply"]);
    let granted = domain.both();
    let shown = domain.json(&["delete"]);
    assert_eq!(
        (&shown["changed"], &shown["applied"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(domain.both(), granted);
    domain.json(&["delete", "--apply"]);
    assert_eq!(domain.both(), before);
    // What was the only thing in a policy takes it along.
    domain.json(&[
        "grant",
        "read",
        READER,
        "--apply",
        "--repository",
        "libraries",
    ]);
    domain.json(&["delete", "--apply", "--repository", "libraries"]);
    let shown = domain.json(&["show", "--repository", "libraries"]);
    assert_eq!(shown["repository_policy"], Value::Null);

    let whole = ["delete", "--all", "repository", "--apply"];
    let ran = domain.run(&whole);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    assert_eq!(domain.both(), before);
    domain.json(&[&whole[..], &["--yes"]].concat());
    assert_eq!(domain.both(), [before[0].clone(), String::new()]);
}

#[test]
fn a_token_stays_while_another_repository_was_granted() {
    let domain = Domain::new("granted-token");
    for repository in ["apps", "libraries"] {
        domain.json(&[
            "grant",
            "read",
            READER,
            "--apply",
            "--repository",
            repository,
        ]);
    }
    let revoked = domain.json(&["revoke", "read", READER, "--apply"]);
    assert_eq!(revoked["token_kept"], json!([READER]));
    let revoked = domain.json(&[
        "revoke",
        "read",
        READER,
        "--apply",
        "--repository",
        "libraries",
    ]);
    assert_eq!(revoked["token_kept"], json!([]));
    assert_eq!(domain.both(), [String::new(), String::new()]);
}

#[test]
fn what_aws_refuses_is_told_with_the_permission_and_what_stands() {
    let domain = Domain::new("granted-denied");
    let denied = FaultKind::Refuse(Refusal::Denied);
    let grant = ["grant", "read", READER, "--apply"];
    for (operation, parts) in [
        (
            Operation::GetDomainPermissionsPolicy,
            &["codeartifact:GetDomainPermissionsPolicy"][..],
        ),
        (
            Operation::DescribeRepository,
            &["codeartifact:DescribeRepository", "--administrator"],
        ),
        (
            Operation::PutRepositoryPermissionsPolicy,
            &[
                "codeartifact:PutRepositoryPermissionsPolicy",
                "the domain policy was written already",
            ],
        ),
    ] {
        domain.control().add_fault(&fault(operation, denied, 1));
        let ran = domain.run(&grant);
        assert_eq!(ran.code, 6, "{}{}", ran.out, ran.err);
        for part in parts {
            assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
        }
    }
    // The same command completes it.
    let completed = domain.json(&grant);
    assert_eq!(completed["edits"].as_array().unwrap().len(), 1);
    let ran = domain.run(&["show", "--repository", "nowhere"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(
        ran.err.contains("no repository 111122223333/acme/nowhere"),
        "{}",
        ran.err
    );
}

#[test]
fn bad_input_is_refused_before_anybody_is_asked() {
    let domain = Domain::new("granted-wrong");
    for (arguments, part) in [
        (&["grant", "read"][..], "GRANTEE"),
        (
            &["grant", "read", "somebody"],
            "`somebody` names no principal",
        ),
        (
            &["grant", "read", "--organization", "acme"],
            "organization id",
        ),
        (
            &["grant", "publish", READER, "--package", "left-pad"],
            "left-pad",
        ),
        (
            &["grant", "read", READER, "--package", "pkg:npm/*"],
            "leave --package out",
        ),
        (&["delete", "--yes"], "--all"),
        (&["check", "publish", READER], "package by package"),
        (&["show", "--store", "a.db"], "leave --store out"),
    ] {
        let ran = domain.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
    assert_eq!(domain.control().calls().len(), 0);
}

#[test]
fn a_policy_that_is_not_understood_is_left_alone() {
    let domain = Domain::new("granted-unread");
    let odd = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps","Principal":"*","Action":"*","Resource":"*"}]}"#;
    domain.put(APPS, odd);
    let before = domain.both();
    let ran = domain.run(&["grant", "read", READER, "--apply"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(
        ran.err
            .contains("repository policy, line 1, statement 1, `Effect`"),
        "{}",
        ran.err
    );
    assert_eq!(domain.both(), before);
}
