//! The true state of CodePipeline: what was started by whom, what became of it, and what it built.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{
    ApplicationId, AttemptId, ClientRequestToken, Dependency, Pipeline, PipelineExecutionId,
    Target, Timestamp,
};
use downriver_engine::ports::{Execution, ExecutionStatus, FailedStage, Trigger};

use super::organisation::first_version;
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

/// A dependency as it stands in the source: package, requirement, path. Catalogs change, what was built stays.
pub(super) type Wish = (PackageId, String, Vec<PackageId>);

/// One pass through a pipeline.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) id: PipelineExecutionId,
    pub(super) pipeline: Pipeline,
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
    /// The version that it built for each dependency; empty before its build.
    pub(super) built: Vec<(Wish, String)>,
    /// The applications whose rebuilds led to it, its own included; empty for a person's.
    pub(super) cascade: BTreeSet<ApplicationId>,
    pub(super) fate: Fate,
    pub(super) failed_stage: Option<FailedStage>,
    /// A person retried its failed stage, or gave its rebuild up while it was parked: it is no longer ours to count.
    pub(super) is_peoples: bool,
    /// It deploys again what this one deployed.
    pub(super) rollback_target: Option<usize>,
    /// No event told of its end.
    pub(super) is_end_untold: bool,
}

/// A start as it reached CodePipeline.
#[derive(Debug, Clone)]
pub(super) struct Begin {
    pub(super) pipeline: Pipeline,
    pub(super) trigger: Trigger,
    pub(super) attempt: Option<(AttemptId, ClientRequestToken)>,
    pub(super) refreshed: BTreeSet<PackageId>,
    pub(super) cascade: BTreeSet<ApplicationId>,
    pub(super) fate: Fate,
    pub(super) ends_at: Timestamp,
    pub(super) rollback_target: Option<usize>,
}

#[derive(Debug, Default)]
struct Passes {
    /// In order of their start.
    passes: Vec<Pass>,
    /// What the committed lockfile holds, where a build changed it.
    lock: BTreeMap<Wish, String>,
}

/// By application: one of whose pipelines has the name of the application, others that name, a dot and more.
#[derive(Debug, Default)]
pub(super) struct Pipelines {
    of: BTreeMap<ApplicationId, Passes>,
    /// Downriver's executions in flight.
    ours: BTreeSet<(ApplicationId, usize)>,
}

/// The application that a pipeline builds.
pub(super) fn application_of(pipeline: &Pipeline) -> ApplicationId {
    let name = pipeline.name.as_str();
    id(name.split('.').next().unwrap_or(name))
}

pub(super) fn wish(dependency: &Dependency) -> Wish {
    (
        dependency.package.clone(),
        dependency.requirement.clone(),
        dependency.path.clone(),
    )
}

impl Pipelines {
    pub(super) fn passes(&self, application: &ApplicationId) -> &[Pass] {
        self.of
            .get(application)
            .map_or(&[], |passes| &passes.passes)
    }

    pub(super) fn pass_mut(&mut self, application: &ApplicationId, number: usize) -> &mut Pass {
        let passes = self.of.get_mut(application).expect("it was started");
        &mut passes.passes[number]
    }

    pub(super) fn set_status(
        &mut self,
        application: &ApplicationId,
        number: usize,
        status: ExecutionStatus,
        now: Timestamp,
    ) {
        let pass = self.pass_mut(application, number);
        pass.status = status;
        pass.updated_at = now;
        let is_ours_in_flight = pass.attempt.is_some() && pass.is_in_flight();
        let key = (application.clone(), number);
        if is_ours_in_flight {
            self.ours.insert(key);
        } else {
            self.ours.remove(&key);
        }
    }

    /// What the committed lockfile holds for a dependency.
    pub(super) fn lock(&self, application: &ApplicationId, dependency: &Dependency) -> String {
        let wish = wish(dependency);
        let locked = self.of.get(application).and_then(|of| of.lock.get(&wish));
        locked.map_or_else(
            || first_version(&dependency.package).to_owned(),
            Clone::clone,
        )
    }

    /// A build commits the lockfile that it refreshed.
    pub(super) fn commit_lock(&mut self, application: &ApplicationId, wish: Wish, version: String) {
        let passes = self.of.entry(application.clone()).or_default();
        passes.lock.insert(wish, version);
    }

    /// The number of the execution that a token started in this pipeline since then.
    pub(super) fn of_token(
        &self,
        pipeline: &Pipeline,
        token: &ClientRequestToken,
        since: Timestamp,
    ) -> Option<usize> {
        self.passes(&application_of(pipeline))
            .iter()
            .position(|pass| {
                pass.token.as_ref() == Some(token)
                    && pass.pipeline == *pipeline
                    && pass.started_at >= since
            })
    }

    pub(super) fn begin(
        &mut self,
        application: &ApplicationId,
        begin: Begin,
        now: Timestamp,
    ) -> usize {
        let passes = &mut self.of.entry(application.clone()).or_default().passes;
        let number = passes.len();
        let (attempt, token) = begin.attempt.unzip();
        let is_ours = attempt.is_some();
        passes.push(Pass {
            id: id(&format!("{application}-execution-{number}").replace('_', "-")),
            pipeline: begin.pipeline,
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
            is_peoples: false,
            rollback_target: begin.rollback_target,
            is_end_untold: false,
        });
        if is_ours {
            self.ours.insert((application.clone(), number));
        }
        number
    }

    /// The last successful execution, by when it started.
    pub(super) fn last_success(&self, application: &ApplicationId) -> Option<&Pass> {
        let mut passes = self.passes(application).iter().rev();
        passes.find(|pass| pass.status == ExecutionStatus::Succeeded)
    }

    /// What is deployed for a dependency: what was there from the beginning, if nothing was built since.
    pub(super) fn built(&self, application: &ApplicationId, dependency: &Dependency) -> String {
        let built = self.last_success(application).map(|pass| &pass.built);
        let wanted = wish(dependency);
        let of_package = |((package, ..), _): &&(Wish, String)| *package == dependency.package;
        let found = built.and_then(|built| {
            let exact = built.iter().find(|(wish, _)| *wish == wanted);
            exact.or_else(|| built.iter().find(of_package))
        });
        found.map_or_else(
            || first_version(&dependency.package).to_owned(),
            |(_, version)| version.clone(),
        )
    }

    /// Downriver's executions in flight.
    pub(super) fn ours_in_flight<'a>(
        &'a self,
        application: &'a ApplicationId,
    ) -> impl Iterator<Item = &'a Pass> {
        self.ours_everywhere()
            .filter(move |(of, _)| *of == application)
            .map(|(_, pass)| pass)
    }

    /// Applications with a Downriver execution in flight in a target.
    pub(super) fn ours_in_target<'a>(
        &'a self,
        target: &'a Target,
    ) -> impl Iterator<Item = (&'a ApplicationId, &'a Pass)> {
        self.ours_everywhere()
            .filter(move |(_, pass)| pass.pipeline.target == *target)
    }

    fn ours_everywhere(&self) -> impl Iterator<Item = (&ApplicationId, &Pass)> {
        self.ours
            .iter()
            .map(|(application, number)| (application, &self.passes(application)[*number]))
    }

    /// As the API reports an execution.
    pub(super) fn report(&self, application: &ApplicationId, pass: &Pass) -> Execution {
        let rolled_back_to = pass.rollback_target.map(|to| &self.passes(application)[to]);
        Execution {
            id: pass.id.clone(),
            status: pass.status,
            started_at: pass.started_at,
            updated_at: pass.updated_at,
            trigger: pass.trigger.clone(),
            rollback_target: rolled_back_to.map(|pass| pass.id.clone()),
            failed_stage: pass.failed_stage.clone(),
        }
    }
}

impl Pass {
    pub(super) const fn is_in_flight(&self) -> bool {
        matches!(
            self.status,
            ExecutionStatus::InProgress | ExecutionStatus::Stopping
        )
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
