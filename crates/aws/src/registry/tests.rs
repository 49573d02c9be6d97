use downriver_testkit::simulated_aws::HeldVersion;
use downriver_testkit::simulated_aws::client::Control;

use super::*;
use crate::testing::{Answer, Server, clients, simulation};

fn registry(endpoint: &str) -> CodeArtifact {
    CodeArtifact::new(clients(endpoint).codeartifact())
}

fn repository() -> RepositoryId {
    RepositoryId {
        domain_owner: "111122223333".parse().expect("an account"),
        domain: "acme".parse().expect("a domain"),
        name: "libraries".parse().expect("a repository"),
    }
}

fn package(url: &str) -> PackageId {
    url.parse().expect("a package URL")
}

fn held(version: &str, status: &str, published_at_ms: u64) -> HeldVersion {
    HeldVersion {
        domain_owner: "111122223333".to_owned(),
        domain: "acme".to_owned(),
        repository: "libraries".to_owned(),
        format: "npm".to_owned(),
        namespace: Some("acme".to_owned()),
        package: "tokens".to_owned(),
        version: version.to_owned(),
        status: status.to_owned(),
        origin: "EXTERNAL".to_owned(),
        external_connection: None,
        revision: Some(format!("r{version}")),
        published_at_ms: Some(published_at_ms),
        dependencies: Vec::new(),
    }
}

#[tokio::test]
async fn what_a_repository_holds_is_listed_and_described() {
    let simulation = simulation();
    let control = Control::new(&simulation.endpoint());
    control.put_versions(&[
        held("2.4.0", "Published", 1_000),
        held("2.5.0", "Unlisted", 2_000),
    ]);
    let registry = registry(&simulation.endpoint());
    let tokens = package("pkg:npm/%40acme/tokens");
    let expected = |version: &str, status, published_at| ListedVersion {
        version: version.to_owned(),
        status,
        revision: Some(format!("r{version}")),
        origin: Origin::External,
        published_at,
    };
    let mut listed = registry
        .list_package_versions(&repository(), &tokens, 1_000)
        .await
        .expect("a list");
    listed.sort_by(|one, other| one.version.cmp(&other.version));
    assert_eq!(
        listed,
        [
            expected("2.4.0", VersionStatus::Published, None),
            expected("2.5.0", VersionStatus::Unlisted, None)
        ]
    );
    let limited = registry
        .list_package_versions(&repository(), &tokens, 1)
        .await
        .expect("a list");
    assert_eq!(limited.len(), 1);
    let version = "pkg:npm/%40acme/tokens@2.5.0"
        .parse()
        .expect("a package URL");
    assert_eq!(
        registry
            .describe_package_version(&repository(), &version)
            .await,
        Ok(expected(
            "2.5.0",
            VersionStatus::Unlisted,
            Some(Timestamp::from_unix_millis(2_000))
        ))
    );
    let missing = "pkg:npm/%40acme/tokens@9.9.9"
        .parse()
        .expect("a package URL");
    assert_eq!(
        registry
            .describe_package_version(&repository(), &missing)
            .await,
        Err(ReadError::NotFound)
    );
}

#[tokio::test]
async fn pages_are_read_to_the_limit() {
    let page = |version: &str, token: &str| {
        Answer::Http(
            200,
            format!(
                r#"{{"versions":[{{"version":"{version}","status":"Published"}}],"nextToken":"{token}"}}"#
            ),
        )
    };
    let server = Server::start(vec![page("3", "a"), page("2", "b"), page("1", "c")]);
    let listed = registry(&server.endpoint)
        .list_package_versions(&repository(), &package("pkg:maven/com.acme/core"), 2)
        .await
        .expect("a list");
    let versions: Vec<&str> = listed
        .iter()
        .map(|listed| listed.version.as_str())
        .collect();
    assert_eq!(versions, ["3", "2"]);
    let lines: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect();
    assert_eq!(lines.len(), 2);
    for part in [
        "domain=acme",
        "domain-owner=111122223333",
        "repository=libraries",
        "format=maven",
        "namespace=com.acme",
        "package=core",
        "sortBy=PUBLISHED_TIME",
    ] {
        assert!(lines[0].contains(part), "{} has no {part}", lines[0]);
    }
    assert!(lines[1].contains("next-token=a"), "{}", lines[1]);
}

#[tokio::test]
async fn a_scope_is_asked_for_without_its_at_sign() {
    let server = Server::start(vec![Answer::Http(200, r#"{"versions":[]}"#.to_owned())]);
    for (url, namespace) in [
        ("pkg:npm/%40acme/tokens", Some("namespace=acme&")),
        ("pkg:pypi/tokens", None),
    ] {
        let listed = registry(&server.endpoint)
            .list_package_versions(&repository(), &package(url), 10)
            .await;
        assert_eq!(listed, Ok(Vec::new()));
        let line = server.requests().last().expect("a request").line.clone();
        assert_eq!(line.contains("namespace="), namespace.is_some(), "{line}");
        assert!(
            namespace.is_none_or(|namespace| line.contains(namespace)),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_told_from_what_passes() {
    for (status, code, expected) in [
        (404, "ResourceNotFoundException", Some(ReadError::NotFound)),
        (
            403,
            "AccessDeniedException",
            Some(ReadError::Denied(
                "AccessDeniedException: because".to_owned(),
            )),
        ),
        (
            400,
            "ValidationException",
            Some(ReadError::Denied("ValidationException: because".to_owned())),
        ),
        (429, "ThrottlingException", None),
        (500, "InternalServerException", None),
    ] {
        let server = Server::start(vec![Answer::refusal(status, code)]);
        let version = "pkg:npm/%40acme/tokens@2.5.0"
            .parse()
            .expect("a package URL");
        let error = registry(&server.endpoint)
            .describe_package_version(&repository(), &version)
            .await
            .expect_err("refused");
        match expected {
            Some(expected) => assert_eq!(error, expected),
            None => assert!(matches!(error, ReadError::Transient(_)), "{error:?}"),
        }
    }
}
