//! What was read, each part of it an answer or the reason why there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use downriver_domain::version::PackageId;
use downriver_domain::{
    AccountId, Application, ApplicationId, DomainName, Pipeline, RegionName, RepositoryId,
    Timestamp, Topology,
};

use super::finding::{Check, Unread};
use super::routine::Checkup;
use crate::ports::{
    DeclaredPipeline, DisabledTransition, Heard, OriginControls, ReadError, Registration,
};

/// All that is examined. What was not asked is not there, and is not examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub now: Timestamp,
    pub topology: Arc<Topology>,
    /// In order of id.
    pub applications: Vec<Registration>,
    /// All that are registered are there: else what nobody depends on, and cycles, cannot be told.
    pub is_whole: bool,
    pub pipelines: BTreeMap<Pipeline, PipelineFacts>,
    /// Those that exist, with the accounts that made them.
    pub repositories: BTreeMap<RepositoryId, Result<AccountId, ReadError>>,
    pub packages: PackageFacts,
    pub policies: PolicyFacts,
    /// Where pipelines can be started; none for a store on this machine.
    pub reach: Option<Reach>,
    /// None for a store on this machine, and for `sweep`.
    pub deployment: Option<DeploymentFacts>,
}

/// Where a deployment can start pipelines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The account that the deployment is in.
    pub account: AccountId,
    /// The accounts in which it has a role to start pipelines, with what came of assuming it, where that was tried.
    pub starters: BTreeMap<AccountId, Option<Result<(), ReadError>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineFacts {
    pub declared: Result<DeclaredPipeline, ReadError>,
    pub disabled: Result<Vec<DisabledTransition>, ReadError>,
}

/// What repositories hold, and under which controls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackageFacts {
    pub held: BTreeMap<(RepositoryId, PackageId), Result<OriginControls, ReadError>>,
    /// Pairs of repository and package that were too many to ask for.
    pub left_out: usize,
}

/// Resource policies, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyFacts {
    pub repositories: BTreeMap<RepositoryId, Result<Option<String>, ReadError>>,
    pub domains: BTreeMap<(AccountId, DomainName), Result<Option<String>, ReadError>>,
}

/// The deployment's own resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentFacts {
    /// Its stack's name.
    pub name: String,
    pub region: RegionName,
    pub queues: Vec<QueueFacts>,
    /// The rules of the account's default bus that put events into a queue.
    pub rules: BTreeMap<EventKind, Result<Vec<RuleState>, ReadError>>,
    /// When the last event of each domain was accepted.
    pub heard: Vec<Heard>,
    /// What `sweep` last found.
    pub checkup: Checkup,
}

/// A queue of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueFacts {
    /// As the template calls it.
    pub name: String,
    /// What `downriver redrive` calls the place, if messages that failed lie here.
    pub failed: Option<&'static str>,
    pub state: Result<QueueState, ReadError>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueState {
    pub url: String,
    pub arn: String,
    /// The ARN of the queue that takes what fails.
    pub dead_letters: Option<String>,
    /// Messages in it, about.
    pub messages: u64,
}

/// Which events a queue takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    PackageVersions,
    Executions,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleState {
    pub name: String,
    pub is_enabled: bool,
    /// Its event pattern, as JSON; none for a schedule.
    pub pattern: Option<String>,
}

const PIPELINE_CHECKS: &[Check] = &[
    Check::PipelineMissing,
    Check::PipelineV1,
    Check::VariablesUndeclared,
    Check::VariableRequired,
    Check::ExecutionMode,
];
const PACKAGE_CHECKS: &[Check] = &[
    Check::PackageMissing,
    Check::PublishBlocked,
    Check::UpstreamBlocked,
];

impl Facts {
    /// Facts of a catalog alone.
    pub fn of_catalog(
        now: Timestamp,
        topology: Arc<Topology>,
        applications: Vec<Registration>,
    ) -> Self {
        Self {
            now,
            topology,
            applications,
            is_whole: true,
            pipelines: BTreeMap::new(),
            repositories: BTreeMap::new(),
            packages: PackageFacts::default(),
            policies: PolicyFacts::default(),
            reach: None,
            deployment: None,
        }
    }

    /// No role reads there.
    pub(super) fn is_event_started(&self, application: &Application) -> bool {
        let target = &application.pipeline.target;
        self.topology.event_started.contains(target)
    }

    pub(super) fn application(&self, id: &ApplicationId) -> Option<&Registration> {
        let found = self
            .applications
            .binary_search_by(|entry| entry.application.id.cmp(id));
        self.applications.get(found.ok()?)
    }

    /// Everything that could not be read, one by one.
    pub(super) fn unanswered(&self) -> Vec<Unread> {
        let mut unread = Vec::new();
        for (pipeline, facts) in &self.pipelines {
            let what = format!("{}/{}", pipeline.target, pipeline.name);
            unread.extend(of(
                "codepipeline:GetPipeline",
                what.clone(),
                facts.declared.as_ref().err(),
                PIPELINE_CHECKS,
            ));
            unread.extend(of(
                "codepipeline:GetPipelineState",
                what,
                facts.disabled.as_ref().err(),
                &[Check::TransitionDisabled],
            ));
        }
        for (repository, result) in &self.repositories {
            unread.extend(of(
                "codeartifact:DescribeRepository",
                repository.to_string(),
                result.as_ref().err(),
                &[Check::RepositoryMissing],
            ));
        }
        self.packages.unanswered(&mut unread);
        self.policies.unanswered(&mut unread);
        if let Some(deployment) = &self.deployment {
            deployment.unanswered(&mut unread);
        }
        unread
    }
}

impl PackageFacts {
    fn unanswered(&self, unread: &mut Vec<Unread>) {
        for ((repository, package), result) in &self.held {
            unread.extend(of(
                "codeartifact:DescribePackage",
                format!("{package} in {repository}"),
                result.as_ref().err(),
                PACKAGE_CHECKS,
            ));
        }
        if self.left_out > 0 {
            unread.push(Unread {
                action: "codeartifact:DescribePackage (beyond the bound)",
                what: format!("{} packages in repositories", self.left_out),
                why: "too many to ask for at once: name applications".to_owned(),
                count: self.left_out,
                checks: PACKAGE_CHECKS.to_vec(),
            });
        }
    }
}

impl PolicyFacts {
    fn unanswered(&self, unread: &mut Vec<Unread>) {
        for (repository, result) in &self.repositories {
            unread.extend(of(
                "codeartifact:GetRepositoryPermissionsPolicy",
                repository.to_string(),
                result.as_ref().err(),
                &[Check::RepositoryUnreadable],
            ));
        }
        for ((owner, domain), result) in &self.domains {
            unread.extend(of(
                "codeartifact:GetDomainPermissionsPolicy",
                format!("{owner}/{domain}"),
                result.as_ref().err(),
                &[Check::RepositoryUnreadable, Check::TokenDenied],
            ));
        }
    }
}

impl DeploymentFacts {
    fn unanswered(&self, unread: &mut Vec<Unread>) {
        for queue in &self.queues {
            unread.extend(of(
                "sqs:GetQueueAttributes",
                queue.name.clone(),
                queue.state.as_ref().err(),
                &[
                    Check::QueueMissing,
                    Check::QueueWithoutDeadLetters,
                    Check::DeadLetters,
                ],
            ));
        }
        for (kind, result) in &self.rules {
            unread.extend(of(
                "events:ListRuleNamesByTarget, events:DescribeRule",
                kind.as_str().to_owned(),
                result.as_ref().err(),
                &[Check::RuleMissing, Check::RulePattern],
            ));
        }
    }
}

impl EventKind {
    /// The queue that takes them, as the template calls it.
    pub const fn queue(self) -> &'static str {
        match self {
            Self::PackageVersions => "ChangesQueue",
            Self::Executions => "RunsQueue",
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PackageVersions => "rules of package versions",
            Self::Executions => "rules of executions",
        }
    }
}

/// That something is not there was read.
fn of(
    action: &'static str,
    what: String,
    error: Option<&ReadError>,
    checks: &[Check],
) -> Option<Unread> {
    let error = error.filter(|error| **error != ReadError::NotFound)?;
    Some(Unread {
        action,
        what,
        why: error.to_string(),
        count: 1,
        checks: checks.to_vec(),
    })
}
