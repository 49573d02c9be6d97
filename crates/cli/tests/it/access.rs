//! `access check` on policies in files: nobody is asked, and no AWS support is needed.

use serde_json::Value;

use super::scene::{Ran, Scene};

const ROLE: &str = "arn:aws:iam::444455556666:role/ci";
const DOMAIN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Token",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::444455556666:root" },
      "Action": "codeartifact:GetAuthorizationToken",
      "Resource": "*"
    },
    {
      "Sid": "OfOurs",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "codeartifact:GetAuthorizationToken",
      "Resource": "*",
      "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-abcdefghij" } }
    }
  ]
}
"#;
const REPOSITORY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Reading",
      "Effect": "Allow",
      "Principal": { "AWS": "444455556666" },
      "Action": ["codeartifact:ReadFromRepository", "codeartifact:GetRepositoryEndpoint"],
      "Resource": "*"
    },
    {
      "Sid": "Publishing",
      "Effect": "Allow",
      "Principal": { "AWS": "444455556666" },
      "Action": "codeartifact:PublishPackageVersion",
      "Resource": "arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm/acme/*"
    },
    {
      "Sid": "NotThis",
      "Effect": "Deny",
      "Principal": "*",
      "Action": "codeartifact:PublishPackageVersion",
      "Resource": "arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm/acme/frozen"
    }
  ]
}
"#;
const IDENTITY: &str = r#"{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"},
{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*"}]}"#;
const FILES: [&str; 4] = [
    "--domain-policy",
    "domain.json",
    "--repository-policy",
    "apps.json",
];

/// A folder with a catalog, whose only repository is `apps` of `acme`, and policies.
fn scene(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.write("domain.json", DOMAIN);
    scene.write("apps.json", REPOSITORY);
    scene.write("role.json", IDENTITY);
    scene
}

fn check(scene: &Scene, arguments: &[&str]) -> Ran {
    scene.run(&[&["access", "check"], arguments, &FILES].concat())
}

#[track_caller]
fn json(scene: &Scene, arguments: &[&str], code: i32) -> Value {
    scene.json(&[&["access", "check"], arguments, &FILES].concat(), code)
}

#[test]
fn a_role_with_an_identity_policy_reads_and_every_statement_that_decides_is_named() {
    let scene = scene("access-read");
    let ran = check(&scene, &["read", ROLE, "--identity-policy", "role.json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    insta::assert_snapshot!(ran.out, @r#"
    arn:aws:iam::444455556666:role/ci
    may read from 111122223333/acme/apps?
    ✓ codeartifact:GetAuthorizationToken: allowed by statement 1 `Token` (line 4) of
      the domain policy and statement 1 (line 2) of identity policy 1
    ✓ sts:GetServiceBearerToken: allowed by statement 2 (line 3) of identity policy
      1
    ✓ codeartifact:GetRepositoryEndpoint: allowed by statement 1 `Reading` (line 4)
      of the repository policy and statement 1 (line 2) of identity policy 1
    ✓ codeartifact:ReadFromRepository: allowed by statement 1 `Reading` (line 4) of
      the repository policy and statement 1 (line 2) of identity policy 1
    ✓ allowed
    "#);
    let found = json(&scene, &["read", ROLE, "--identity-policy", "role.json"], 0);
    assert_eq!(found["answer"], "allowed");
    assert_eq!(found["repository"], "111122223333/acme/apps");
    let token = &found["needs"][0];
    assert_eq!(token["action"], "codeartifact:GetAuthorizationToken");
    assert_eq!(token["statements"][0]["policy"], "domain");
    assert_eq!(token["statements"][0]["sid"], "Token");
    assert_eq!(token["statements"][0]["line"], 4);
    assert_eq!(token["statements"][1]["policy"], "identity");
}

#[test]
fn what_is_up_to_identity_policies_is_not_told_as_allowed() {
    let scene = scene("access-identity");
    let found = json(&scene, &["read", ROLE], 10);
    assert_eq!(found["answer"], "up_to_identity");
    // The statements that allow it so far are named all the same.
    assert_eq!(found["needs"][3]["statements"][0]["sid"], "Reading");
    assert_eq!(found["needs"][1]["statements"].as_array().unwrap().len(), 0);
    let supposed = json(&scene, &["read", ROLE, "--suppose-identity"], 0);
    assert_eq!(supposed["answer"], "up_to_identity");
    assert_eq!(supposed["identity_supposed"], true);
    // An identity policy alone is not enough in another account.
    let other = ROLE.replace("444455556666", "999988887777");
    let found = json(&scene, &["read", &other, "--suppose-identity"], 10);
    assert_eq!(found["answer"], "denied");
    // The account as a whole.
    assert_eq!(
        json(&scene, &["read", "444455556666"], 0)["answer"],
        "allowed"
    );
}

#[test]
fn publishing_is_decided_package_by_package() {
    let scene = scene("access-publish");
    let publish = |package: &str, code: i32| {
        let arguments = ["publish", ROLE, package, "--identity-policy", "role.json"];
        let found = json(&scene, &arguments, code);
        let needs = found["needs"].as_array().unwrap().clone();
        let publish = needs
            .into_iter()
            .find(|need| need["action"] == "codeartifact:PublishPackageVersion");
        publish.unwrap()
    };
    let allowed = publish("pkg:npm/%40acme/tokens", 0);
    assert_eq!(allowed["statements"][0]["sid"], "Publishing");
    let denied = publish("pkg:npm/%40acme/frozen", 10);
    assert_eq!(denied["outcome"], "explicitly_denied");
    assert_eq!(denied["statements"][0]["sid"], "NotThis");
    let missing = publish("pkg:npm/left-pad", 10);
    assert_eq!(missing["outcome"], "implicitly_denied");
    assert_eq!(missing["statements"].as_array().unwrap().len(), 0);
    let ran = check(
        &scene,
        &[
            "publish",
            ROLE,
            "pkg:npm/left-pad",
            "--identity-policy",
            "role.json",
        ],
    );
    insta::assert_snapshot!(ran.out, @r#"
    arn:aws:iam::444455556666:role/ci
    may publish pkg:npm/left-pad to 111122223333/acme/apps?
    ✓ codeartifact:GetAuthorizationToken: allowed by statement 1 `Token` (line 4) of
      the domain policy and statement 1 (line 2) of identity policy 1
    ✓ sts:GetServiceBearerToken: allowed by statement 2 (line 3) of identity policy
      1
    ✓ codeartifact:GetRepositoryEndpoint: allowed by statement 1 `Reading` (line 4)
      of the repository policy and statement 1 (line 2) of identity policy 1
    ✗ codeartifact:PublishPackageVersion: implicitly denied: no statement of the
      domain policy or the repository policy allows
      `codeartifact:PublishPackageVersion` on
      `arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm//left-pad`
      to `arn:aws:iam::444455556666:role/ci`
      - statement 2 `Publishing` (line 11) of the repository policy allows the
        action on other resources
      - it takes this since publishing is allowed package by package
    ✗ not allowed: 1 of 4 permissions is missing
    "#);
}

#[test]
fn everyone_who_is_named_is_listed_with_what_they_may() {
    let scene = scene("access-named");
    let ran = check(&scene, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out, @r#"
    account 444455556666
      ✓ read: allowed
      ✓ publish
        arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm/acme/* by
        statement 2 `Publishing` (line 11) of the repository policy
      ✗ publish: denied
        arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm/acme/frozen
        by statement 3 `NotThis` (line 18) of the repository policy
    everyone
      ✗ read: not allowed, for want of GetAuthorizationToken, GetRepositoryEndpoint,
        ReadFromRepository
      ✗ publish: denied
        arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm/acme/frozen
        by statement 3 `NotThis` (line 18) of the repository policy
    organization o-abcdefghij
      ✗ read: not allowed, for want of GetRepositoryEndpoint, ReadFromRepository
      ✗ publish: denied
        arn:aws:codeartifact:eu-west-1:111122223333:package/acme/apps/npm/acme/frozen
        by statement 3 `NotThis` (line 18) of the repository policy
    "#);
    let found = json(&scene, &[], 0);
    let named = found["named"].as_array().unwrap();
    let of = |kind: &str| named.iter().find(|one| one["kind"] == kind).unwrap();
    assert_eq!(of("account")["name"], "444455556666");
    assert_eq!(of("account")["read"], "allowed");
    assert_eq!(
        of("account")["publish"][0]["statement"]["sid"],
        "Publishing"
    );
    assert_eq!(of("account")["publish"][1]["effect"], "deny");
    // The organization signs in, and reads nothing.
    assert_eq!(of("organization")["name"], "o-abcdefghij");
    assert_eq!(of("organization")["read"], "denied");
}

#[test]
fn keys_of_the_request_count() {
    let scene = scene("access-context");
    let token = |context: &[&str]| {
        let arguments = ["read", "999988887777"];
        let found = json(&scene, &[&arguments, context].concat(), 10);
        found["needs"][0]["answer"].as_str().unwrap().to_owned()
    };
    assert_eq!(token(&[]), "denied");
    assert_eq!(
        token(&["--context", "aws:PrincipalOrgID=o-abcdefghij"]),
        "allowed"
    );
    assert_eq!(
        token(&["--context", "aws:PrincipalOrgID=o-zzzzzzzzzz"]),
        "denied"
    );
    assert_eq!(token(&["--context", "aws:PrincipalOrgID"]), "denied");
}

#[test]
fn bad_input_is_told_with_its_place() {
    let scene = scene("access-wrong");
    scene.write("broken.json", &REPOSITORY.replace("\"Deny\"", "\"Never\""));
    scene.write("open.json", "{");
    let read = ["read", ROLE];
    for (arguments, part) in [
        (
            &["--repository-policy", "broken.json"][..],
            "broken.json: repository policy, line 18, statement 3, `Effect`",
        ),
        (
            &["--repository-policy", "open.json"],
            "open.json: repository policy",
        ),
        (
            &["--domain-policy", "nowhere.json"],
            "failed to read nowhere.json",
        ),
        (
            &[
                "--domain-policy",
                "domain.json",
                "--identity-policy",
                "domain.json",
            ],
            "domain.json: identity policy",
        ),
        (
            &[
                "--domain-policy",
                "domain.json",
                "--context",
                "PrincipalOrgID=x",
            ],
            "--context PrincipalOrgID=x",
        ),
        (
            &["--domain-policy", "domain.json", "--repository", "a/b"],
            "--repository a/b",
        ),
        (
            &[
                "--domain-policy",
                "domain.json",
                "--repository",
                "999988887777/acme/apps",
                "--domain",
                "other",
            ],
            "contradict",
        ),
        (
            &["--domain-policy", "domain.json", "--region", "nowhere"],
            "`nowhere` is not an AWS Region",
        ),
    ] {
        let ran = scene.run(&[&["access", "check"], &read[..], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
    for (arguments, part) in [
        (&["read", "someone"][..], "`someone` names no principal"),
        (&["publish", ROLE], "package by package"),
        (&["publish", ROLE, "left-pad"], "left-pad"),
        (&["read", ROLE, "pkg:npm/left-pad"], "leave the package out"),
        (&["read"], "PRINCIPAL"),
    ] {
        let ran = check(&scene, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
}

#[test]
fn which_repository_is_meant_is_told_or_asked() {
    let scene = scene("access-where");
    let whole = [
        "--repository",
        "111122223333/acme/apps",
        "--region",
        "eu-west-1",
    ];
    // One that says nothing, since there may be another one above.
    scene.write("downriver.toml", "");
    let ran = check(&scene, &["read", "444455556666"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("which repository?"), "{}", ran.err);
    let ran = check(&scene, &["read", "444455556666", "--repository", "apps"]);
    assert!(ran.err.contains("which domain?"), "{}", ran.err);
    let ran = check(&scene, &[&["read", "444455556666"], &whole[..]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.is_empty(), "{}", ran.err);
    // What is not given is told to count as none.
    let one = [
        &["access", "check", "read", "444455556666"],
        &whole[..],
        &FILES[2..],
    ]
    .concat();
    let ran = scene.run(&one);
    assert_eq!(ran.code, 10);
    assert!(
        ran.err.contains("no --domain-policy is given"),
        "{}",
        ran.err
    );
}

#[test]
#[cfg(not(feature = "aws"))]
fn an_account_is_not_asked_without_aws() {
    let scene = scene("access-plain");
    let ran = scene.run(&["access", "show"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no AWS support"), "{}", ran.err);
}
