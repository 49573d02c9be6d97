//! A small organisation, healthy in every way, for the tests of checks to break.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use downriver_domain::version::PackageId;
use downriver_domain::{
    Application, Built, Dependency, Evidence, OnLocked, Pipeline, Policy, Repository, RepositoryId,
    Scope, Target, Timestamp, Topology, Versioning,
};
use serde_json::json;

use super::facts::{
    DeploymentFacts, EventKind, Facts, PackageFacts, PipelineFacts, PolicyFacts, QueueFacts,
    QueueState, Reach, RuleState,
};
use super::finding::Finding;
use super::{Checkup, examine};
use crate::ports::{
    DeclaredPipeline, DeclaredVariable, ExecutionMode, Heard, OriginControls, Registration,
};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const OWNER: &str = "111122223333";
pub(super) const TOKENS: &str = "pkg:npm/%40acme/tokens";
/// 2026-01-03T00:00:00Z
pub(super) const NOW: Timestamp = Timestamp::from_unix_millis(1_767_398_400_000);

pub(super) fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a valid identifier")
}

pub(super) fn hours_ago(hours: u64) -> Timestamp {
    NOW.minus_secs(hours * 3_600)
}

pub(super) fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: id(OWNER),
        domain: id("acme"),
        name: id(name),
    }
}

pub(super) fn pipeline(name: &str) -> Pipeline {
    pipeline_in(ACCOUNT, name)
}

pub(super) fn pipeline_in(account: &str, name: &str) -> Pipeline {
    Pipeline {
        target: Target {
            account: id(account),
            region: id("eu-west-1"),
        },
        name: id(name),
    }
}

fn application(name: &str, repository_name: &str) -> Application {
    Application {
        id: id(name),
        owner: id("team-a"),
        pipeline: pipeline(name),
        repositories: vec![repository(repository_name)],
        products: BTreeSet::new(),
        publishes_to: None,
        versioning: Versioning::Build,
        policy: Policy::default(),
        source_folder: String::new(),
        build_role: None,
        is_declared: true,
        registered_at: hours_ago(48),
        upriver: BTreeSet::new(),
        ring: 0,
    }
}

pub(super) fn dependency(purl: &str) -> Dependency {
    Dependency {
        package: id(purl),
        requirement: "^1.0.0".to_owned(),
        is_requirement_assumed: false,
        built: Built::Unknown,
        built_as_of: None,
        built_revision: None,
        is_locked: false,
        is_direct: true,
        path: Vec::new(),
        scope: Scope::Runtime,
        evidence: Evidence {
            file: "package.json".into(),
            line: None,
        },
        lock: None,
    }
}

pub(super) fn declared() -> DeclaredPipeline {
    let variable = |name: &str| DeclaredVariable {
        name: name.to_owned(),
        has_default: true,
    };
    DeclaredPipeline {
        is_v2: true,
        variables: vec![variable("DOWNRIVER_REBUILD"), variable("DOWNRIVER_CHANGES")],
        mode: ExecutionMode::Queued,
        is_clone_reference: false,
    }
}

/// `lib` publishes tokens to `shared`; `web` depends on them and resolves from `apps`, which has `shared` upstream.
pub(super) fn healthy() -> Facts {
    let mut lib = application("lib", "shared");
    lib.products = [id(TOKENS)].into();
    let mut web = application("web", "apps");
    web.policy.on_locked = OnLocked::Refresh;
    web.upriver = [id("lib")].into();
    let topology = Topology {
        domain_owners: [id(OWNER)].into(),
        repositories: [
            (repository("shared"), Repository::default()),
            (
                repository("apps"),
                Repository {
                    upstreams: vec![repository("shared")],
                    external_connections: Vec::new(),
                },
            ),
        ]
        .into(),
        producers: [(id::<PackageId>(TOKENS), [id("lib")].into())].into(),
        upriver: [(id("lib"), [].into())].into(),
        ..Topology::default()
    };
    let applications = vec![
        Registration {
            application: lib,
            dependencies: Vec::new(),
        },
        Registration {
            application: web,
            dependencies: vec![dependency(TOKENS)],
        },
    ];
    let mut facts = Facts::of_catalog(NOW, Arc::new(topology), applications);
    let read = PipelineFacts {
        declared: Ok(declared()),
        disabled: Ok(Vec::new()),
    };
    facts.pipelines = ["lib", "web"]
        .map(|name| (pipeline(name), read.clone()))
        .into();
    facts.repositories = ["shared", "apps"]
        .map(|name| (repository(name), Ok(id(OWNER))))
        .into();
    facts.packages = packages();
    facts.policies = PolicyFacts::default();
    facts.reach = Some(Reach {
        account: id(ACCOUNT),
        starters: [(id(ACCOUNT), Some(Ok(())))].into(),
    });
    facts.deployment = Some(deployment());
    facts
}

/// As CodeArtifact sets them: what is published first is closed to upstreams, what came from upstream to publishing.
fn packages() -> PackageFacts {
    let controls = |is_publish_allowed| OriginControls {
        is_publish_allowed,
        is_upstream_allowed: !is_publish_allowed,
    };
    PackageFacts {
        held: [
            ((repository("shared"), id(TOKENS)), Ok(controls(true))),
            ((repository("apps"), id(TOKENS)), Ok(controls(false))),
        ]
        .into(),
        left_out: 0,
    }
}

fn deployment() -> DeploymentFacts {
    let queue = |name: &str, failed, dead_letters: Option<&str>| QueueFacts {
        name: name.to_owned(),
        failed,
        state: Ok(QueueState {
            url: format!("https://sqs.example/{ACCOUNT}/{name}"),
            arn: format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}"),
            dead_letters: dead_letters.map(str::to_owned),
            messages: 0,
        }),
    };
    let dead = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:dead");
    DeploymentFacts {
        name: "downriver".to_owned(),
        region: id("eu-west-1"),
        queues: vec![
            queue("ChangesQueue", None, Some(&dead)),
            queue("ChangesDeadLetterQueue", Some("changes"), None),
        ],
        rules: BTreeMap::from([
            (
                EventKind::PackageVersions,
                Ok(vec![rule("PackageVersionRule", &package_versions())]),
            ),
            (
                EventKind::Executions,
                Ok(vec![rule("PipelineExecutionRule", &executions())]),
            ),
        ]),
        heard: vec![Heard {
            domain_owner: id(OWNER),
            domain: id("acme"),
            at: hours_ago(1),
        }],
        checkup: Checkup {
            revision: 7,
            at: Some(hours_ago(1)),
            ..Checkup::default()
        },
    }
}

pub(super) fn rule(name: &str, pattern: &serde_json::Value) -> RuleState {
    RuleState {
        name: name.to_owned(),
        is_enabled: true,
        pattern: Some(pattern.to_string()),
    }
}

/// The patterns of the template.
pub(super) fn package_versions() -> serde_json::Value {
    json!({
        "source": ["aws.codeartifact"],
        "detail-type": ["CodeArtifact Package Version State Change"],
        "account": [ACCOUNT],
        "detail": {"domainOwner": [OWNER]},
    })
}

pub(super) fn executions() -> serde_json::Value {
    json!({
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "account": [ACCOUNT],
    })
}

/// What is found once the healthy organisation was changed.
pub(super) fn found(change: impl FnOnce(&mut Facts)) -> Vec<Finding> {
    let mut facts = healthy();
    change(&mut facts);
    examine(&facts).findings
}

/// The one finding, as `<severity> <check> <application> <subject>`, with its sentences.
pub(super) fn only(change: impl FnOnce(&mut Facts)) -> (String, String, String) {
    let findings = found(change);
    let [finding] = findings.as_slice() else {
        panic!("one finding is expected: {findings:#?}");
    };
    let application = { finding.application.as_ref() }.map_or("-", |id| id.as_str());
    let subject = &finding.subject;
    let line = format!(
        "{} {} {application} {} {}",
        finding.severity.as_str(),
        finding.check,
        subject.kind(),
        subject.name()
    );
    (
        line.trim_end().to_owned(),
        finding.evidence.clone(),
        finding.mend.clone(),
    )
}

pub(super) fn application_mut<'f>(facts: &'f mut Facts, name: &str) -> &'f mut Registration {
    { facts.applications.iter_mut() }
        .find(|entry| entry.application.id.as_str() == name)
        .expect("the application is there")
}

pub(super) fn topology_mut(facts: &mut Facts) -> &mut Topology {
    Arc::make_mut(&mut facts.topology)
}

pub(super) fn deployment_mut(facts: &mut Facts) -> &mut DeploymentFacts {
    facts.deployment.as_mut().expect("there is a deployment")
}
