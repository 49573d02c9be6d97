mod unlisting;

use downriver_engine::ports::{Policies as _, PutOutcome};
use downriver_testkit::simulated_aws::client::Control;
use downriver_testkit::simulated_aws::{
    Fault, FaultKind, HeldDependency, HeldRepository, HeldVersion, Operation, Refusal,
};

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
        sequence: None,
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

fn described(name: &str, upstreams: &[&str], connections: &[&str]) -> HeldRepository {
    HeldRepository {
        domain_owner: "111122223333".to_owned(),
        domain: "acme".to_owned(),
        name: name.to_owned(),
        administrator: None,
        upstreams: upstreams.iter().map(ToString::to_string).collect(),
        external_connections: connections.iter().map(ToString::to_string).collect(),
    }
}

#[tokio::test]
async fn the_repositories_of_a_domain_are_listed_and_described() {
    let simulation = simulation();
    let control = Control::new(&simulation.endpoint());
    control.put_repositories(&[
        described("libraries", &["shared", "mirror"], &[]),
        described("mirror", &[], &["public:npmjs"]),
        described("shared", &[], &[]),
    ]);
    let registry = registry(&simulation.endpoint());
    let RepositoryId {
        domain_owner,
        domain,
        ..
    } = repository();
    let named = |name: &str| RepositoryId {
        name: name.parse().expect("a repository"),
        ..repository()
    };
    let listed = registry.list_repositories(&domain_owner, &domain).await;
    let all = ["libraries", "mirror", "shared"].map(named).to_vec();
    assert_eq!(listed, Ok(all));
    assert_eq!(
        registry.describe_repository(&repository()).await,
        Ok(Repository {
            upstreams: vec![named("shared"), named("mirror")],
            external_connections: Vec::new(),
        })
    );
    assert_eq!(
        registry.describe_repository(&named("mirror")).await,
        Ok(Repository {
            upstreams: Vec::new(),
            external_connections: vec!["public:npmjs".to_owned()],
        })
    );
    let nowhere = named("nowhere");
    assert_eq!(
        registry.describe_repository(&nowhere).await,
        Err(ReadError::NotFound)
    );
    control.add_fault(&Fault {
        operation: Operation::ListRepositoriesInDomain,
        of: None,
        fault: FaultKind::Refuse(Refusal::Denied),
        times: 1,
        after: 0,
    });
    let denied = registry.list_repositories(&domain_owner, &domain).await;
    assert!(matches!(denied, Err(ReadError::Denied(_))), "{denied:?}");
}

#[tokio::test]
async fn what_a_version_asks_for_is_read_once_and_without_what_only_its_authors_need() {
    let simulation = simulation();
    let control = Control::new(&simulation.endpoint());
    let depends =
        |namespace: Option<&str>, package: &str, kind: &str, requirement: &str| HeldDependency {
            namespace: namespace.map(str::to_owned),
            package: package.to_owned(),
            kind: Some(kind.to_owned()),
            requirement: requirement.to_owned(),
        };
    let mut dependencies = vec![
        depends(Some("acme"), "base", "regular", "^1.0.0"),
        depends(None, "left-pad", "optional", "~1.2"),
        depends(None, "react", "peer", ">=17"),
        depends(None, "tester", "dev", "^9.0.0"),
        depends(None, "managed", "regular", ""),
    ];
    dependencies
        .extend((0..150).map(|number| depends(None, &format!("leaf-{number}"), "regular", "*")));
    control.put_versions(&[HeldVersion {
        dependencies,
        ..held("2.4.0", "Published", 1_000)
    }]);
    let registry = registry(&simulation.endpoint());
    let version = "pkg:npm/%40acme/tokens@2.4.0".parse().expect("a version");
    let listed = registry.list_dependencies(&repository(), &version).await;
    let listed = listed.expect("a list");
    let asked = |url: &str, requirement: &str| (package(url), requirement.to_owned());
    assert_eq!(
        listed[..3],
        [
            asked("pkg:npm/%40acme/base", "^1.0.0"),
            asked("pkg:npm/left-pad", "~1.2"),
            asked("pkg:npm/react", ">=17"),
        ]
    );
    assert_eq!(listed.len(), 153, "both pages");
    let calls = control.calls().len();
    let clone = registry.clone();
    let again = clone.list_dependencies(&repository(), &version).await;
    assert_eq!(again, Ok(listed));
    assert_eq!(control.calls().len(), calls, "nothing was asked again");
    let missing = "pkg:npm/%40acme/tokens@9.9.9".parse().expect("a version");
    for _ in 0..2 {
        let found = registry.list_dependencies(&repository(), &missing).await;
        assert_eq!(found, Err(ReadError::NotFound), "it may come");
    }
}

#[tokio::test]
async fn a_requirement_of_pypi_comes_without_its_marker() {
    let server = Server::start(vec![Answer::Http(
        200,
        r#"{"dependencies":[
            {"package":"requests","dependencyType":"Requires-Dist","versionRequirement":"(>=2.0,<3) ; python_version < '3.9'"},
            {"package":"six","versionRequirement":">=1.16"},
            {"package":"no requirement at all"},
            {"package":"idna","dependencyType":"Requires-Dist","versionRequirement":" ; extra == 'x'"}
        ]}"#
        .to_owned(),
    )]);
    let version = "pkg:pypi/tokens@1.0".parse().expect("a version");
    let listed = registry(&server.endpoint)
        .list_dependencies(&repository(), &version)
        .await;
    let asked = |url: &str, requirement: &str| (package(url), requirement.to_owned());
    assert_eq!(
        listed,
        Ok(vec![
            asked("pkg:pypi/requests", ">=2.0,<3"),
            asked("pkg:pypi/six", ">=1.16"),
        ])
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

#[tokio::test]
async fn policies_are_written_under_the_revision_that_was_read() {
    let simulation = simulation();
    let control = Control::new(&simulation.endpoint());
    control.put_repositories(&[HeldRepository {
        domain_owner: "111122223333".to_owned(),
        domain: "acme".to_owned(),
        name: "libraries".to_owned(),
        administrator: Some("222233334444".to_owned()),
        ..HeldRepository::default()
    }]);
    let registry = registry(&simulation.endpoint());
    let id = repository();
    let administrator = registry.load_administrator(&id).await;
    assert_eq!(administrator.expect("it is there").as_str(), "222233334444");
    let document = |action: &str| {
        format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"codeartifact:{action}","Resource":"*"}}}}"#
        )
    };
    let (first, second) = (document("ListPackages"), document("ReadFromRepository"));
    let (owner, domain) = (&id.domain_owner, &id.domain);
    assert_eq!(registry.load_repository_policy(&id).await, Ok(None));
    assert_eq!(registry.load_domain_policy(owner, domain).await, Ok(None));
    let put = registry.put_repository_policy(&id, &first, None).await;
    assert_eq!(put, PutOutcome::Done);
    let put = registry
        .put_domain_policy(owner, domain, &first, None)
        .await;
    assert_eq!(put, PutOutcome::Done);
    let own = registry.load_repository_policy(&id).await;
    let own = own.expect("an answer").expect("a policy");
    let its = registry.load_domain_policy(owner, domain).await;
    let its = its.expect("an answer").expect("a policy");
    assert_eq!((&own.document, &its.document), (&first, &first));
    let (own, its) = (own.revision, its.revision);
    for outcome in [PutOutcome::Done, PutOutcome::Conflict] {
        let put = registry.put_repository_policy(&id, &second, Some(&own));
        assert_eq!(put.await, outcome);
        let put = registry.put_domain_policy(owner, domain, &second, Some(&its));
        assert_eq!(put.await, outcome);
    }
    let stale = registry.delete_repository_policy(&id, &own).await;
    assert_eq!(stale, PutOutcome::Conflict);
    let stale = registry.delete_domain_policy(owner, domain, &its).await;
    assert_eq!(stale, PutOutcome::Conflict);
    let own = registry.load_repository_policy(&id).await;
    let own = own.expect("an answer").expect("a policy");
    assert_eq!(own.document, second);
    let deleted = registry.delete_repository_policy(&id, &own.revision).await;
    assert_eq!(deleted, PutOutcome::Done);
    let again = registry.delete_repository_policy(&id, &own.revision).await;
    assert_eq!(again, PutOutcome::Conflict);
    assert_eq!(registry.load_repository_policy(&id).await, Ok(None));
}

#[tokio::test]
async fn half_a_policy_is_not_taken_for_none() {
    for body in [
        "{}",
        r#"{"policy":{"document":"{}"}}"#,
        r#"{"policy":{"revision":"1"}}"#,
    ] {
        let server = Server::start(vec![Answer::Http(200, body.to_owned())]);
        let read = registry(&server.endpoint)
            .load_repository_policy(&repository())
            .await;
        assert!(matches!(read, Err(ReadError::Transient(_))), "{read:?}");
    }
    let server = Server::start(vec![Answer::refusal(403, "AccessDeniedException")]);
    let registry = registry(&server.endpoint);
    let put = registry
        .put_repository_policy(&repository(), "{}", None)
        .await;
    assert!(matches!(put, PutOutcome::Denied(_)), "{put:?}");
    let read = registry.load_repository_policy(&repository()).await;
    assert!(matches!(read, Err(ReadError::Denied(_))), "{read:?}");
}
