//! The true state of CodePipeline: what was started by whom, what became of it, and what it built.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{
    ApplicationId, AttemptId, ClientRequestToken, PipelineExecutionId, Target, Timestamp,
};
use downriver_engine::ports::{Execution, ExecutionStatus, FailedStage, Trigger};

use super::organisation::{FIRST_VERSION, Organisation};
use super::random::Random;
use crate::builders::id;

/// What is to become of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Succeed,
    FailBeforeDeploy,
    FailInDeploy,
    Stop,
    Cancel,
    /// Waits for an approval for hours, then succeeds.
    Linger,
}

/// One pass through a pipeline.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) id: PipelineExecutionId,
    pub(super) status: ExecutionStatus,
    pub(super) started_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// When it is to end.
    pub(super) ends_at: Timestamp,
    pub(super) trigger: Trigger,
    pub(super) attempt: Option<AttemptId>,
    token: Option<ClientRequestToken>,
    /// Locked packages that its variables name.
    pub(super) refreshed: BTreeSet<PackageId>,
    /// What it built, one for each dependency; empty before its build.
    pub(super) built: Vec<String>,
    /// The applications whose rebuilds led to it, its own included; empty for a person's.
    pub(super) cascade: BTreeSet<ApplicationId>,
    pub(super) fate: Fate,
    pub(super) failed_stage: Option<FailedStage>,
    /// A person retried its failed stage.
    pub(super) is_resumed: bool,
}

/// A start as it reached CodePipeline.
#[derive(Debug, Clone)]
pub(super) struct Begin {
    pub(super) trigger: Trigger,
    pub(super) attempt: Option<(AttemptId, ClientRequestToken)>,
    pub(super) refreshed: BTreeSet<PackageId>,
    pub(super) cascade: BTreeSet<ApplicationId>,
    pub(super) fate: Fate,
    pub(super) ends_at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Passes {
    /// In order of their start.
    passes: Vec<Pass>,
    /// The committed lockfile, one for each dependency.
    pub(super) lock: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Pipelines {
    of: BTreeMap<ApplicationId, Passes>,
}

impl Pipelines {
    pub(super) fn new(organisation: &Organisation) -> Self {
        let of = organisation.members.values().map(|member| {
            let lock = vec![FIRST_VERSION.to_owned(); member.dependencies.len()];
            let passes = Passes {
                passes: Vec::new(),
                lock,
            };
            (member.application.id.clone(), passes)
        });
        Self { of: of.collect() }
    }

    pub(super) fn passes(&self, application: &ApplicationId) -> &[Pass] {
        &self.of[application].passes
    }

    pub(super) fn pass_mut(&mut self, application: &ApplicationId, number: usize) -> &mut Pass {
        let passes = self.passes_mut(application);
        &mut passes.passes[number]
    }

    pub(super) fn passes_mut(&mut self, application: &ApplicationId) -> &mut Passes {
        self.of
            .get_mut(application)
            .expect("every member has a pipeline")
    }

    pub(super) fn lock(&self, application: &ApplicationId) -> &[String] {
        &self.of[application].lock
    }

    /// The number of the execution that a token started before.
    pub(super) fn of_token(
        &self,
        application: &ApplicationId,
        token: &ClientRequestToken,
    ) -> Option<usize> {
        self.passes(application)
            .iter()
            .position(|pass| pass.token.as_ref() == Some(token))
    }

    pub(super) fn begin(
        &mut self,
        application: &ApplicationId,
        begin: Begin,
        now: Timestamp,
    ) -> usize {
        let passes = &mut self.passes_mut(application).passes;
        let number = passes.len();
        let (attempt, token) = begin.attempt.unzip();
        passes.push(Pass {
            id: id(&format!("{application}-execution-{number}").replace('_', "-")),
            status: ExecutionStatus::InProgress,
            started_at: now,
            updated_at: now,
            ends_at: begin.ends_at,
            trigger: begin.trigger,
            attempt,
            token,
            refreshed: begin.refreshed,
            built: Vec::new(),
            cascade: begin.cascade,
            fate: begin.fate,
            failed_stage: None,
            is_resumed: false,
        });
        number
    }

    /// What the last successful execution built, by when it started; what was there from the beginning if there is none.
    pub(super) fn built(&self, application: &ApplicationId) -> Vec<String> {
        let passes = &self.of[application];
        passes
            .passes
            .iter()
            .rev()
            .find(|pass| pass.status == ExecutionStatus::Succeeded)
            .map_or_else(
                || vec![FIRST_VERSION.to_owned(); passes.lock.len()],
                |pass| pass.built.clone(),
            )
    }

    /// Downriver's executions in flight.
    pub(super) fn ours_in_flight<'a>(
        &'a self,
        application: &ApplicationId,
    ) -> impl Iterator<Item = &'a Pass> {
        self.passes(application)
            .iter()
            .filter(|pass| pass.attempt.is_some() && pass.is_in_flight())
    }

    /// Applications with a Downriver execution in flight whose pipelines are in a target.
    pub(super) fn ours_in_target<'a>(
        &'a self,
        organisation: &'a Organisation,
        target: &'a Target,
    ) -> impl Iterator<Item = (&'a ApplicationId, &'a Pass)> {
        organisation
            .members
            .values()
            .filter(move |member| member.application.pipeline.target == *target)
            .flat_map(move |member| {
                let id = &member.application.id;
                self.ours_in_flight(id).map(move |pass| (id, pass))
            })
    }
}

impl Pass {
    pub(super) const fn is_in_flight(&self) -> bool {
        matches!(
            self.status,
            ExecutionStatus::InProgress | ExecutionStatus::Stopping
        )
    }

    /// As the API reports it.
    pub(super) fn report(&self) -> Execution {
        Execution {
            id: self.id.clone(),
            status: self.status,
            started_at: self.started_at,
            updated_at: self.updated_at,
            trigger: self.trigger.clone(),
            rollback_target: None,
            failed_stage: self.failed_stage.clone(),
        }
    }
}

impl Fate {
    pub(super) fn random(random: &mut Random) -> Self {
        match random.below(100) {
            0..8 => Self::FailBeforeDeploy,
            8..12 => Self::FailInDeploy,
            12..15 => Self::Stop,
            15..18 => Self::Cancel,
            18..20 => Self::Linger,
            _ => Self::Succeed,
        }
    }
}
