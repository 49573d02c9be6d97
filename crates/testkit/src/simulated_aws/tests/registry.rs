use serde_json::{Value, json};

use super::play::{ACCOUNT, Play};
use crate::simulated_aws::{EventLevel, Operation};

const DOMAIN: &str = "acme";

fn repository(name: &str, upstreams: &[&str], connections: &[&str]) -> Value {
    json!({
        "domain_owner": ACCOUNT,
        "domain": DOMAIN,
        "name": name,
        "upstreams": upstreams,
        "external_connections": connections,
    })
}

fn play() -> Play {
    let mut play = Play::of("SUPERSEDED");
    let repositories = json!([
        repository("release", &["shared", "mirror"], &[]),
        repository("shared", &[], &[]),
        repository("mirror", &[], &["public:npmjs"]),
    ]);
    play.control("repositories", &repositories);
    play
}

/// Every page's list of this name.
fn pages(play: &mut Play, operation: Operation, mut input: Value, list: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    loop {
        let answer = play.try_call(operation, input.clone()).unwrap();
        pages.push(answer[list].as_array().unwrap().clone());
        match &answer["nextToken"] {
            Value::Null => return pages,
            token => input["nextToken"] = token.clone(),
        }
    }
}

#[test]
fn repositories_are_listed_by_pages_and_described_with_what_they_resolve_through() {
    let mut play = play();
    let version = json!([{
        "domain_owner": ACCOUNT,
        "domain": DOMAIN,
        "repository": "versions-only",
        "format": "npm",
        "package": "tokens",
        "version": "1.0.0",
    }]);
    play.control("registry", &version);
    let input = json!({"domain": DOMAIN, "domainOwner": ACCOUNT, "maxResults": "3"});
    let listed = pages(
        &mut play,
        Operation::ListRepositoriesInDomain,
        input,
        "repositories",
    );
    let names: Vec<Vec<&str>> = listed
        .iter()
        .map(|page| {
            page.iter()
                .filter_map(|known| known["name"].as_str())
                .collect()
        })
        .collect();
    assert_eq!(
        names,
        [vec!["mirror", "release", "shared"], vec!["versions-only"]]
    );
    let described = |play: &mut Play, name: &str| {
        let input = json!({"domain": DOMAIN, "repository": name});
        play.try_call(Operation::DescribeRepository, input)
    };
    assert_eq!(
        described(&mut play, "release").unwrap()["repository"],
        json!({
            "name": "release",
            "administratorAccount": ACCOUNT,
            "domainName": DOMAIN,
            "domainOwner": ACCOUNT,
            "arn": format!("arn:aws:codeartifact:eu-central-1:{ACCOUNT}:repository/acme/release"),
            "upstreams": [{"repositoryName": "shared"}, {"repositoryName": "mirror"}],
            "externalConnections": [],
        })
    );
    assert_eq!(
        described(&mut play, "mirror").unwrap()["repository"]["externalConnections"],
        json!([{
            "externalConnectionName": "public:npmjs",
            "packageFormat": "npm",
            "status": "Available",
        }])
    );
    assert_eq!(
        described(&mut play, "nowhere"),
        Err("ResourceNotFoundException")
    );
    let unknown = json!({"domain": "other"});
    assert_eq!(
        play.try_call(Operation::ListRepositoriesInDomain, unknown),
        Err("ResourceNotFoundException")
    );
}

#[test]
fn what_a_repository_resolves_through_changes_and_its_versions_stay() {
    let mut play = play();
    play.control(
        "registry",
        &json!([{
            "domain_owner": ACCOUNT,
            "domain": DOMAIN,
            "repository": "release",
            "format": "npm",
            "package": "tokens",
            "version": "1.0.0",
        }]),
    );
    play.control("repositories", &json!([repository("release", &[], &[])]));
    let input = json!({"domain": DOMAIN, "repository": "release"});
    let described = play
        .try_call(Operation::DescribeRepository, input.clone())
        .unwrap();
    assert_eq!(described["repository"]["upstreams"], json!([]));
    let mut input = input;
    input["format"] = json!("npm");
    input["package"] = json!("tokens");
    let listed = play
        .try_call(Operation::ListPackageVersions, input)
        .unwrap();
    assert_eq!(listed["versions"][0]["version"], "1.0.0");
}

#[test]
fn a_versions_dependencies_are_listed_by_pages_as_its_format_declares_them() {
    let mut play = play();
    let mut dependencies: Vec<Value> = (0..120)
        .map(|number| {
            json!({"package": format!("leaf-{number:03}"), "kind": "regular", "requirement": "^1.0.0"})
        })
        .collect();
    dependencies[0] =
        json!({"namespace": "acme", "package": "base", "kind": "peer", "requirement": ">=2 <4"});
    dependencies[1] = json!({"package": "no-kind", "requirement": "[1.0, )"});
    play.control(
        "registry",
        &json!([{
            "domain_owner": ACCOUNT,
            "domain": DOMAIN,
            "repository": "release",
            "format": "npm",
            "namespace": "acme",
            "package": "tokens",
            "version": "1.0.0",
            "dependencies": dependencies,
        }]),
    );
    let input = json!({
        "domain": DOMAIN,
        "repository": "release",
        "format": "npm",
        "namespace": "acme",
        "package": "tokens",
        "packageVersion": "1.0.0",
    });
    let listed = pages(
        &mut play,
        Operation::ListPackageVersionDependencies,
        input.clone(),
        "dependencies",
    );
    let sizes: Vec<usize> = listed.iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 20]);
    assert_eq!(
        listed[0][..2],
        [
            json!({
                "namespace": "acme",
                "package": "base",
                "dependencyType": "peer",
                "versionRequirement": ">=2 <4",
            }),
            json!({"package": "no-kind", "versionRequirement": "[1.0, )"}),
        ]
    );
    // The upstream's own operation sees only what the upstream itself holds.
    let mut upstream = input;
    upstream["repository"] = json!("shared");
    assert_eq!(
        play.try_call(Operation::ListPackageVersionDependencies, upstream),
        Err("ResourceNotFoundException")
    );
}

#[test]
fn one_repository_can_be_denied_on_script() {
    let mut play = play();
    play.control(
        "faults",
        &json!({"operation": "DescribeRepository", "of": "mirror", "fault": {"refuse": "denied"}}),
    );
    let mut described = |name: &str| {
        let input = json!({"domain": DOMAIN, "repository": name});
        play.try_call(Operation::DescribeRepository, input)
            .map(drop)
    };
    assert_eq!(described("release"), Ok(()));
    assert_eq!(described("mirror"), Err("AccessDeniedException"));
    assert_eq!(described("mirror"), Ok(()));
}

fn two_versions() -> Play {
    let mut play = play();
    let held = |version: &str, status: &str| {
        json!({
            "domain_owner": ACCOUNT,
            "domain": DOMAIN,
            "repository": "release",
            "format": "npm",
            "package": "tokens",
            "version": version,
            "status": status,
            "revision": format!("R{version}"),
            "sequence": 40,
        })
    };
    play.control(
        "registry",
        &json!([held("1.0.0", "Published"), held("2.0.0", "Archived")]),
    );
    play
}

fn update(play: &mut Play, more: &Value) -> Result<Value, &'static str> {
    let mut input = json!({
        "domain": DOMAIN,
        "repository": "release",
        "format": "npm",
        "package": "tokens",
        "versions": ["1.0.0", "2.0.0", "3.0.0"],
        "expectedStatus": "Published",
        "targetStatus": "Unlisted",
    });
    for (member, value) in more.as_object().unwrap() {
        input[member] = value.clone();
    }
    play.try_call(Operation::UpdatePackageVersionsStatus, input)
}

#[test]
fn the_status_of_each_version_that_is_as_expected_changes_and_is_told() {
    let mut play = two_versions();
    let answer = update(&mut play, &json!({})).unwrap();
    assert_eq!(
        answer["successfulVersions"],
        json!({"1.0.0": {"revision": "R1.0.0", "status": "Unlisted"}})
    );
    let code =
        |answer: &Value, version: &str| answer["failedVersions"][version]["errorCode"].clone();
    assert_eq!(code(&answer, "2.0.0"), "MISMATCHED_STATUS");
    assert_eq!(code(&answer, "3.0.0"), "NOT_FOUND");
    // It is so already: nothing is told again.
    let again = json!({"versions": ["1.0.0"], "expectedStatus": null});
    let answer = update(&mut play, &again).unwrap();
    assert_eq!(answer["successfulVersions"]["1.0.0"]["status"], "Unlisted");
    let stale =
        json!({"versions": ["1.0.0"], "expectedStatus": null, "versionRevisions": {"1.0.0": "R0"}});
    let answer = update(&mut play, &stale).unwrap();
    assert_eq!(code(&answer, "1.0.0"), "MISMATCHED_REVISION");
    let told: Vec<_> = play.world.events.emitted().cloned().collect();
    let [event] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(event.level, EventLevel::PackageVersion);
    assert_eq!(
        event.arn(),
        format!("arn:aws:codeartifact:eu-central-1:{ACCOUNT}:package/acme/release/npm//tokens")
    );
    let sources = downriver_engine::wire::Sources::default();
    let envelope = json!({
        "version": "0",
        "id": "e1",
        "detail-type": event.level.detail_type(),
        "source": "aws.codeartifact",
        "account": event.account,
        "time": "2026-03-20T10:00:00Z",
        "region": event.region,
        "resources": [event.arn()],
        "detail": event.detail,
    });
    let parsed =
        downriver_engine::wire::codeartifact::parse(envelope.to_string().as_bytes(), &sources);
    let parsed = parsed.expect("the engine reads it");
    assert_eq!(
        parsed.sighting.status,
        downriver_domain::VersionStatus::Unlisted
    );
    assert_eq!(parsed.sighting.sequence, 41);
}

#[test]
fn what_cannot_be_a_status_to_set_is_refused() {
    let mut play = two_versions();
    for (more, expected) in [
        (json!({"targetStatus": "Disposed"}), "ValidationException"),
        (json!({"targetStatus": null}), "ValidationException"),
        (json!({"versions": null}), "ValidationException"),
        (json!({"package": "other"}), "ResourceNotFoundException"),
        (
            json!({"repository": "nowhere"}),
            "ResourceNotFoundException",
        ),
    ] {
        assert_eq!(update(&mut play, &more), Err(expected), "{more}");
    }
    assert_eq!(play.world.events.emitted().count(), 0);
}

#[test]
fn another_administrator_of_the_repository_is_told_as_well() {
    let mut play = two_versions();
    let mut release = repository("release", &[], &[]);
    release["administrator"] = json!("210987654321");
    play.control("repositories", &json!([release]));
    update(&mut play, &json!({})).unwrap();
    let told: Vec<String> = play
        .world
        .events
        .emitted()
        .map(|event| event.account.clone())
        .collect();
    assert_eq!(told, [ACCOUNT, "210987654321"]);
}
