//! Against the simulated services, through HTTP.

use downriver_domain::version::PackageId;
use downriver_domain::{RegionName, Target};
use downriver_engine::ports::{DeclaredVariable, ExecutionMode};
use downriver_testkit::simulated_aws::client::{Client, Control};
use downriver_testkit::simulated_aws::{
    HeldRepository, HeldVersion, NewPipeline, NewVariable, RoleTrust, Server,
};
use serde_json::json;

use super::*;
use crate::testing::{clients, simulation};

const OWN: &str = "123456789012";
const OWNER: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::123456789012:role/starter";

struct Scene {
    server: Server,
    control: Control,
    setup: AwsSetup,
}

fn scene() -> Scene {
    let server = simulation();
    let control = Control::new(&server.endpoint());
    let role: StarterRole = ROLE.parse().expect("a role");
    let own = OWN.parse().expect("an account");
    Scene {
        setup: AwsSetup::of_function(&clients(&server.endpoint()), own, Some(role), None),
        control,
        server,
    }
}

impl Scene {
    fn person(&self, account: &str) -> Client {
        Client::new(&self.server.endpoint(), account, "eu-west-1")
    }
}

fn pipeline(account: &str, name: &str) -> Pipeline {
    Pipeline {
        target: Target {
            account: account.parse().expect("an account"),
            region: "eu-west-1".parse::<RegionName>().expect("a Region"),
        },
        name: name.parse().expect("a name"),
    }
}

fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: OWNER.parse().expect("an account"),
        domain: "acme".parse().expect("a domain"),
        name: name.parse().expect("a name"),
    }
}

fn tokens() -> PackageId {
    "pkg:npm/%40acme/tokens".parse().expect("a package")
}

#[tokio::test]
async fn a_pipeline_is_described_with_its_variables_and_mode() {
    let scene = scene();
    let variable = |name: &str, default: Option<&str>| NewVariable {
        name: name.to_owned(),
        default: default.map(str::to_owned),
    };
    let new = NewPipeline {
        mode: "QUEUED".to_owned(),
        variables: vec![
            variable("DOWNRIVER_REBUILD", Some("none")),
            variable("STAGE", None),
        ],
        ..NewPipeline::named("web")
    };
    let first = NewPipeline {
        kind: "V1".to_owned(),
        ..NewPipeline::named("old")
    };
    scene
        .control
        .create_pipelines(OWN, "eu-west-1", vec![new, first]);
    let read = scene.setup.describe_pipeline(&pipeline(OWN, "web")).await;
    let declared = |name: &str, has_default| DeclaredVariable {
        name: name.to_owned(),
        has_default,
    };
    assert_eq!(
        read,
        Ok(DeclaredPipeline {
            is_v2: true,
            variables: vec![
                declared("DOWNRIVER_REBUILD", true),
                declared("STAGE", false)
            ],
            mode: ExecutionMode::Queued,
            is_clone_reference: false,
        })
    );
    let read = scene.setup.describe_pipeline(&pipeline(OWN, "old")).await;
    let read = read.expect("it is there");
    assert!(
        !read.is_v2 && read.mode == ExecutionMode::Superseded,
        "{read:?}"
    );
    let missing = pipeline(OWN, "nowhere");
    assert_eq!(
        scene.setup.describe_pipeline(&missing).await,
        Err(ReadError::NotFound)
    );
    assert_eq!(
        scene.setup.list_disabled_transitions(&missing).await,
        Err(ReadError::NotFound)
    );
    let other = scene.setup.describe_pipeline(&pipeline(OWNER, "web")).await;
    assert!(matches!(other, Err(ReadError::Denied(_))), "{other:?}");
}

#[tokio::test]
async fn disabled_transitions_are_listed_with_their_reasons() {
    let scene = scene();
    scene
        .control
        .create_pipelines(OWN, "eu-west-1", vec![NewPipeline::named("web")]);
    let web = pipeline(OWN, "web");
    assert_eq!(
        scene.setup.list_disabled_transitions(&web).await,
        Ok(Vec::new())
    );
    let input = json!({
        "pipelineName": "web", "stageName": "Deploy", "transitionType": "Inbound", "reason": "freeze",
    });
    let disabled = scene
        .person(OWN)
        .codepipeline("DisableStageTransition", &input);
    disabled.expect("it is disabled");
    let listed = scene.setup.list_disabled_transitions(&web).await;
    let listed = listed.expect("its state is read");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].stage, "Deploy");
    assert_eq!(listed[0].reason.as_deref(), Some("freeze"));
    assert!(listed[0].since.is_some());
}

#[tokio::test]
async fn origin_controls_of_a_package_are_read() {
    let scene = scene();
    let describe = |name: &str, upstreams: &[&str]| HeldRepository {
        domain_owner: OWNER.to_owned(),
        domain: "acme".to_owned(),
        name: name.to_owned(),
        upstreams: upstreams.iter().map(ToString::to_string).collect(),
        ..HeldRepository::default()
    };
    let repositories = [describe("shared", &[]), describe("apps", &["shared"])];
    scene.control.put_repositories(&repositories);
    let held: HeldVersion = serde_json::from_value(json!({
        "domain_owner": OWNER, "domain": "acme", "repository": "shared", "format": "npm",
        "namespace": "acme", "package": "tokens", "version": "1.0.0",
    }))
    .expect("a version");
    scene.control.put_versions(&[held]);
    let read = scene
        .setup
        .describe_package(&repository("shared"), &tokens())
        .await;
    let published = OriginControls {
        is_publish_allowed: true,
        is_upstream_allowed: false,
    };
    assert_eq!(read, Ok(published));
    let read = scene
        .setup
        .describe_package(&repository("apps"), &tokens())
        .await;
    assert_eq!(read, Err(ReadError::NotFound));
    let package = [
        ("domain", "acme"),
        ("domain-owner", OWNER),
        ("repository", "shared"),
        ("format", "npm"),
        ("namespace", "acme"),
        ("package", "tokens"),
    ];
    let set = scene
        .person(OWNER)
        .set_origin_controls(&package, "BLOCK", "ALLOW");
    set.expect("they are set");
    let read = scene
        .setup
        .describe_package(&repository("shared"), &tokens())
        .await;
    let blocked = OriginControls {
        is_publish_allowed: false,
        is_upstream_allowed: true,
    };
    assert_eq!(read, Ok(blocked));
}

#[tokio::test]
async fn policies_are_read_and_that_there_is_none() {
    let scene = scene();
    let described = HeldRepository {
        domain_owner: OWNER.to_owned(),
        domain: "acme".to_owned(),
        name: "shared".to_owned(),
        ..HeldRepository::default()
    };
    scene.control.put_repositories(&[described]);
    let (shared, owner) = (repository("shared"), OWNER.parse().expect("an account"));
    assert_eq!(
        scene.setup.load_administrator(&shared).await.as_ref(),
        Ok(&owner)
    );
    let nowhere = repository("nowhere");
    assert_eq!(
        scene.setup.load_administrator(&nowhere).await,
        Err(ReadError::NotFound)
    );
    assert_eq!(scene.setup.load_repository_policy(&shared).await, Ok(None));
    assert_eq!(
        scene.setup.load_domain_policy(&owner, &shared.domain).await,
        Ok(None)
    );
    let document = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "codeartifact:*", "Resource": "*"},
    });
    let domain = [("domain", "acme"), ("domain-owner", OWNER)];
    let of_repository = [domain[0], domain[1], ("repository", "shared")];
    let person = scene.person(OWNER);
    person
        .put_policy(&domain, &document.to_string(), None)
        .expect("it is set");
    person
        .put_policy(&of_repository, &document.to_string(), None)
        .expect("it is set");
    let read = Ok(Some(document.to_string()));
    assert_eq!(scene.setup.load_repository_policy(&shared).await, read);
    assert_eq!(
        scene.setup.load_domain_policy(&owner, &shared.domain).await,
        read
    );
}

#[tokio::test]
async fn the_role_that_starts_pipelines_is_tried_with_a_session_that_may_do_nothing() {
    let scene = scene();
    let own: AccountId = OWN.parse().expect("an account");
    assert_eq!(scene.setup.startable(), [own.clone()].into());
    assert_eq!(scene.setup.probe_starter(&own).await, Ok(()));
    let calls = scene.control.calls();
    let policy = calls[0].input["Policy"].as_str();
    assert_eq!(policy, Some(NOTHING));
    scene.control.require_external_id(&RoleTrust {
        role_arn: ROLE.to_owned(),
        external_id: "another".to_owned(),
    });
    let refused = scene.setup.probe_starter(&own).await;
    assert!(
        matches!(&refused, Err(ReadError::Denied(why)) if why.contains("AccessDenied") && why.contains(ROLE)),
        "{refused:?}"
    );
    let other = scene
        .setup
        .probe_starter(&OWNER.parse().expect("an account"))
        .await;
    assert_eq!(other, Err(ReadError::NotFound));
}
