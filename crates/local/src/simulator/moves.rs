//! What one item of the agenda does to the simulated services.

use std::collections::BTreeSet;

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    ApplicationId, AttemptId, ClientRequestToken, Dependency, Pipeline, PipelineExecutionId,
    RepositoryId, Timestamp, Versioning,
};
use downriver_engine::ports::StartError;
use downriver_engine::track::{ExecutionEvent, ExecutionState as State};

use super::agenda::{Item, Progress, ProgressStep};
use super::building::{Builder, Pull, Source};
use super::envelopes::{execution_event, package_event};
use super::facts::{ApplicationFacts, pipeline_key};
use super::pipeline::{Effect, Moving, PipelineState, Status, TriggerRow};
use super::registry::{EVENT_SECS, Emission, INGESTION_SECS, Registry};
use super::rows::BuiltRow;
use super::text::{Text, TextForm as _};
use super::{Facts, Simulator};

/// From a pipeline's change to the arrival of its event.
const PIPELINE_EVENT_SECS: u64 = 1;
/// From a successful execution to its index result.
const INDEX_SECS: u64 = 5;

/// The purls of the versions that an execution is for, separated by spaces or commas.
const VARIABLE_CHANGES: &str = "DOWNRIVER_CHANGES";
const VARIABLE_REBUILD: &str = "DOWNRIVER_REBUILD";

/// Which locked packages a build refreshes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refresh {
    Nothing,
    Packages(BTreeSet<PackageId>),
    /// Those of the application's rebuild, which the build asks for by its id.
    ByRebuild,
}

impl Simulator {
    /// `StartPipelineExecution`.
    pub(crate) fn call_start(
        &mut self,
        pipeline: &Pipeline,
        attempt: &AttemptId,
        token: &ClientRequestToken,
        variables: &[(String, String)],
    ) -> Result<PipelineExecutionId, StartError> {
        let key = pipeline_key(pipeline);
        let result = self
            .moving(&key, |moving| moving.call_start(attempt, token, variables))
            .ok_or(StartError::NotFound)?;
        let number = result?;
        let execution = self
            .pipelines
            .get(&key)
            .and_then(|state| state.execution(number));
        Ok(execution.expect("it was just started").id.0.clone())
    }

    /// An event on the bus of requests in the pipeline's account. One that no rule is for is dropped.
    pub(crate) fn request(&mut self, pipeline: &Pipeline, variables: &[(String, String)]) {
        self.moving(&pipeline_key(pipeline), |moving| moving.request(variables));
    }

    /// An execution that a person or an old EventBridge rule starts.
    pub(crate) fn push(&mut self, application: &ApplicationId, is_rule: bool) {
        let Some(facts) = self.facts.applications.get(application) else {
            return;
        };
        let key = pipeline_key(&facts.pipeline);
        let trigger = if is_rule {
            TriggerRow::Rule
        } else {
            TriggerRow::Push
        };
        self.moving(&key, |moving| moving.push(trigger));
    }

    /// Moves one execution on. A step of [`ProgressStep::Resolve`] is for [`Self::build`].
    pub(crate) fn progress(&mut self, progress: &Progress) {
        let number = progress.execution;
        let key = &progress.pipeline;
        match progress.step {
            ProgressStep::Resolve => {}
            ProgressStep::StageEnds => self.end_stage(key, number, progress.stay),
            ProgressStep::StopAsked => {
                self.moving(key, |moving| moving.ask_stop(number));
            }
            ProgressStep::StopCompletes => {
                self.moving(key, |moving| moving.complete_stop(number));
            }
            ProgressStep::PipelineEdited => {
                self.moving(key, |moving| moving.edit(number));
            }
            ProgressStep::StageRetried => {
                self.moving(key, |moving| moving.retry_stage(number));
            }
            ProgressStep::RolledBack => {
                self.moving(key, |moving| moving.undo(number));
            }
        }
    }

    /// Whose build is to resolve its dependencies now, and what it refreshes; `None` if the execution has moved on.
    pub(crate) fn builder_of(&self, progress: &Progress) -> Option<(ApplicationId, Refresh)> {
        let state = self.pipelines.get(&progress.pipeline)?;
        state.stage_of(progress.execution, progress.stay)?;
        let execution = state.execution(progress.execution)?;
        let application = self.facts.by_pipeline(&progress.pipeline)?.id.clone();
        let variable = |name: &str| {
            let mut variables = execution.variables.iter();
            variables.find_map(|(key, value)| (key == name).then_some(value))
        };
        let refresh = match (variable(VARIABLE_CHANGES), variable(VARIABLE_REBUILD)) {
            (Some(changes), _) => Refresh::Packages(parse_changes(changes)),
            (None, Some(_)) => Refresh::ByRebuild,
            (None, None) => Refresh::Nothing,
        };
        Some((application, refresh))
    }

    /// A build stage resolves and pulls its dependencies. Where that fails, the stage fails at once.
    pub(crate) fn build(
        &mut self,
        progress: &Progress,
        dependencies: &[Dependency],
        refreshed: &BTreeSet<PackageId>,
    ) {
        let Some(facts) = self.facts.by_pipeline(&progress.pipeline).cloned() else {
            return;
        };
        let builder = Builder {
            facts: &self.facts,
            registry: &self.registry,
            application: &facts,
            refreshed,
            now: self.now(),
        };
        match builder.resolve(dependencies) {
            Ok(resolution) => {
                for pull in resolution.pulls {
                    self.pull(&facts, pull);
                }
                self.changed_pipelines.insert(progress.pipeline.clone());
                if let Some(state) = self.pipelines.get_mut(&progress.pipeline)
                    && let Some(execution) = state.execution_mut(progress.execution)
                {
                    execution.built = resolution.built;
                }
            }
            Err(reason) => {
                let number = progress.execution;
                self.moving(&progress.pipeline, |moving| {
                    if let Some(stage) = moving.state.stage_of(number, progress.stay) {
                        moving.leave(number, stage, Err(reason));
                    }
                });
            }
        }
    }

    /// A public version arrives where it comes in and where it is retained.
    pub(crate) fn ingest(&mut self, package: &str, version: &str, repositories: &[String]) {
        let Some(package) = PackageId::from_text(package) else {
            return;
        };
        let now = self.now();
        let source = Registry::public_version(&package, version, now);
        for repository in repositories {
            let Some(repository) = RepositoryId::from_text(repository) else {
                continue;
            };
            let emission = self
                .registry
                .retain(&package, version, &repository, &source, now);
            self.emit_all(emission, 0);
        }
    }

    /// Takes in what an input event says about an execution that is not simulated here.
    pub(crate) fn observe(&mut self, event: &ExecutionEvent) {
        let key = pipeline_key(&event.pipeline);
        let status = match event.state {
            State::Started | State::Resumed => Status::InProgress,
            State::Succeeded => Status::Succeeded,
            State::Failed => Status::Failed,
            State::Canceled => Status::Cancelled,
            State::Superseded => Status::Superseded,
            State::Stopping => Status::Stopping,
            State::Stopped => Status::Stopped,
        };
        if self.facts.by_pipeline(&key).is_none() {
            return;
        }
        self.changed_pipelines.insert(key.clone());
        self.pipelines.entry(key).or_default().observe(
            &event.execution,
            status,
            event.event_time,
            event.started_at,
            event.trigger.as_ref().map(TriggerRow::from_port),
        );
    }

    fn end_stage(&mut self, key: &str, number: u64, stay: u32) {
        let Some(stage) = self
            .pipelines
            .get(key)
            .and_then(|state| state.stage_of(number, stay))
        else {
            return;
        };
        let Some(facts) = self.facts.by_pipeline(key).cloned() else {
            return;
        };
        let is_failing = self
            .moving(key, |moving| moving.is_failing(number, stage))
            .unwrap_or(false);
        let result = if is_failing {
            Err("the story lets it fail".to_owned())
        } else if facts.spec.stages[stage].publishes {
            self.publish_products(&facts, number)
        } else {
            Ok(())
        };
        self.moving(key, |moving| moving.leave(number, stage, result));
    }

    /// A person's execution of a `source` producer comes with the version changed in the source; any other would publish
    /// the same again.
    fn publish_products(&mut self, facts: &ApplicationFacts, number: u64) -> Result<(), String> {
        let now = self.now();
        let Some(home) = facts.home() else {
            return Ok(());
        };
        let key = pipeline_key(&facts.pipeline);
        let execution = self
            .pipelines
            .get(&key)
            .and_then(|state| state.execution(number));
        let is_push = execution.is_some_and(|known| known.trigger == TriggerRow::Push);
        let is_same_again = facts.versioning == Versioning::Source && !is_push;
        for product in &facts.products {
            let emissions = self
                .registry
                .publish_next(product, &home, is_same_again, now)?;
            self.emit_all(emissions, EVENT_SECS);
        }
        Ok(())
    }

    /// Pulls a version through the first of the application's own repositories that sees it, which keeps it.
    fn pull(&mut self, facts: &ApplicationFacts, pull: Pull) {
        let known = self.registry.package(&pull.package);
        let sees = |own: &&RepositoryId| {
            let visible = self.facts.nearest_first(std::slice::from_ref(*own));
            match &pull.from {
                Source::Public(connected) => visible.contains(connected),
                Source::Repository(_) => visible
                    .iter()
                    .any(|seen| known.is_some_and(|state| state.is_held_by(seen, &pull.version))),
            }
        };
        let Some(first) = facts.repositories.iter().find(sees) else {
            return;
        };
        let now = self.now();
        match pull.from {
            Source::Repository(state) => {
                let emission =
                    self.registry
                        .retain(&pull.package, &pull.version, first, &state, now);
                self.emit_all(emission, EVENT_SECS);
            }
            Source::Public(connected) => {
                let mut repositories = vec![connected.to_text()];
                if connected != *first {
                    repositories.push(first.to_text());
                }
                let item = Item::Ingest {
                    package: pull.package.to_text(),
                    version: pull.version,
                    repositories,
                };
                self.put(now.plus_secs(INGESTION_SECS), item);
            }
        }
    }

    /// `UpdatePackageVersionsStatus` to `Unlisted`; the event comes as for any other change.
    pub(crate) fn unlist(&mut self, package: &PackageId, version: &str, repository: &RepositoryId) {
        let now = self.now();
        let emission = self.registry.unlist(package, version, repository, now);
        self.emit_all(emission, EVENT_SECS);
    }

    fn emit_all(&mut self, emissions: impl IntoIterator<Item = Emission>, after_secs: u64) {
        for emission in emissions {
            self.counters.events += 1;
            let body = package_event(&emission, &region_of(&self.facts), self.counters.events);
            self.deliver(emission.time.plus_secs(after_secs), body);
        }
    }

    fn deliver(&mut self, at: Timestamp, body: String) {
        let item = Item::Event {
            body,
            from: None,
            receives: 0,
        };
        self.put(at, item);
    }

    /// Lets one pipeline move and carries out what that asks for; `None` if there is no such pipeline.
    fn moving<T>(&mut self, key: &str, act: impl FnOnce(&mut Moving<'_>) -> T) -> Option<T> {
        let facts = self.facts.by_pipeline(key)?.clone();
        let mut state = self.pipelines.remove(key).unwrap_or_default();
        let mut moving = Moving {
            state: &mut state,
            facts: &facts,
            now: self.now(),
            effects: Vec::new(),
        };
        let result = act(&mut moving);
        let effects = moving.effects;
        for effect in effects {
            self.perform(key, &facts, &state, &effect);
        }
        self.pipelines.insert(key.to_owned(), state);
        self.changed_pipelines.insert(key.to_owned());
        Some(result)
    }

    fn perform(
        &mut self,
        key: &str,
        facts: &ApplicationFacts,
        state: &PipelineState,
        effect: &Effect,
    ) {
        let now = self.now();
        match *effect {
            Effect::Emit(..) if !facts.spec.is_told => {}
            Effect::Emit(number, name) => {
                let Some(execution) = state.execution(number) else {
                    return;
                };
                self.counters.events += 1;
                let body = execution_event(facts, execution, name, now, self.counters.events);
                self.deliver(now.plus_secs(PIPELINE_EVENT_SECS), body);
            }
            Effect::Later {
                execution,
                stay,
                after_secs,
                step,
            } => {
                let progress = Progress {
                    pipeline: key.to_owned(),
                    execution,
                    stay,
                    step,
                };
                self.put(now.plus_secs(after_secs), Item::Progress(progress));
            }
            Effect::Succeeded(number) => {
                let Some(execution) = state.execution(number) else {
                    return;
                };
                if facts.spec.is_indexed {
                    let report = BuiltRow {
                        application: Text(facts.id.clone()),
                        execution: execution.id.clone(),
                        packages: execution.built.clone(),
                    };
                    let item = Item::Built {
                        report,
                        receives: 0,
                    };
                    self.put(now.plus_secs(INDEX_SECS), item);
                }
            }
        }
    }
}

/// The Region in the events of CodeArtifact: that of the first application's pipeline.
fn region_of(facts: &Facts) -> String {
    let first = facts.applications.values().next();
    first.map_or_else(
        || "eu-west-1".to_owned(),
        |facts| facts.pipeline.target.region.to_string(),
    )
}

fn parse_changes(text: &str) -> BTreeSet<PackageId> {
    let words = text.split(|c: char| c == ',' || c.is_whitespace());
    words
        .filter_map(|word| word.parse::<PackageVersionId>().ok())
        .map(|id| id.package().clone())
        .collect()
}
