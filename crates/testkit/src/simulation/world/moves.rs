//! What the services do by themselves: executions build, publish and end.

use std::collections::BTreeSet;

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Dependency, Origin, Pipeline, Timestamp, Versioning};
use downriver_engine::index::{BuiltPackage, BuiltReport};
use downriver_engine::ports::{ExecutionStatus, FailedStage, StartExecution, Trigger};
use downriver_engine::track::ExecutionState;

use super::{Item, Message, Move, World};
use crate::simulation::organisation::Mode;
use crate::simulation::pipelines::{Begin, Fate, Wish, application_of, wish};
use crate::simulation::trace::tell;

impl World {
    pub(in crate::simulation) fn make(&mut self, make: &Move) {
        let (application, number) = match make {
            Move::LateStart(start) => {
                self.start(start);
                return;
            }
            Move::Resume(application, number) => {
                self.resume(application, *number);
                return;
            }
            Move::Build(application, number)
            | Move::Publish(application, number)
            | Move::End(application, number)
            | Move::Supersede(application, number) => (application.clone(), *number),
        };
        let pass = &self.pipelines.passes(&application)[number];
        if !pass.is_in_flight() {
            return;
        }
        match make {
            Move::Build(..) => self.build(&application, number),
            Move::Publish(..) => self.publish(&application, number),
            Move::Supersede(..) => {
                let superseded = ExecutionStatus::Superseded;
                self.pipelines
                    .set_status(&application, number, superseded, self.now);
                self.emit_execution(&application, number, ExecutionState::Superseded);
            }
            // A person retried a stage meanwhile: this end is not the one.
            Move::End(..) if pass.ends_at > self.now => {}
            _ => self.end(&application, number),
        }
    }

    /// A StartPipelineExecution that arrived: a known token starts nothing again, as long as it is known.
    pub(in crate::simulation) fn start(&mut self, start: &StartExecution) -> usize {
        let application = application_of(&start.pipeline);
        let since = self
            .now
            .minus_secs(self.faults.odds().token_secs.min(86_400));
        let known = self
            .pipelines
            .of_token(&start.pipeline, &start.token, since);
        if let Some(known) = known {
            return known;
        }
        let rebuild = self.slot(&application).and_then(|slot| slot.rebuild());
        let mut cascade = BTreeSet::from([application.clone()]);
        let mut refreshed = BTreeSet::new();
        for (package, wanted) in rebuild.iter().flat_map(|rebuild| &rebuild.packages) {
            if let Ok(package_version) = PackageVersionId::new(package.clone(), &wanted.version) {
                let of = self.registry.cascade(&package_version);
                cascade.extend(of.into_iter().flatten().cloned());
            }
            if !start.variables.is_empty() {
                refreshed.insert(package.clone());
            }
        }
        let begin = Begin {
            trigger: if self.organisation.is_event_started(&start.pipeline) {
                Trigger::Request
            } else {
                self.session_of(start)
            },
            attempt: Some((start.attempt.clone(), start.token.clone())),
            refreshed,
            cascade,
            ..self.begin_like(&start.pipeline)
        };
        self.starts += 1;
        self.trace.mix_text(start.attempt.as_str());
        let number = self.begin(&application, begin);
        self.check_started(&application, number, &start.attempt);
        number
    }

    /// A start whose fate and end are chosen, with nothing known of who starts it.
    pub(super) fn begin_like(&mut self, pipeline: &Pipeline) -> Begin {
        let application = application_of(pipeline);
        let fate = if self.faults.odds().are_executions_failing {
            Fate::random(self.random())
        } else {
            Fate::Succeed
        };
        let secs = match fate {
            Fate::Linger => self.random().between(3_600, 4 * 3_600),
            _ => self.random().between(20, 600),
        };
        let is_one_at_a_time = self.organisation.members[&application].mode == Mode::Superseded;
        let busy_until = self
            .pipelines
            .passes(&application)
            .iter()
            .filter(|pass| is_one_at_a_time && pass.is_in_flight() && pass.pipeline == *pipeline)
            .map(|pass| pass.ends_at)
            .max();
        let begins_at = busy_until.map_or(self.now, |until| until.max(self.now));
        Begin {
            pipeline: pipeline.clone(),
            trigger: Trigger::Rule,
            attempt: None,
            refreshed: BTreeSet::new(),
            cascade: BTreeSet::new(),
            fate,
            ends_at: begins_at.plus_secs(secs),
            rollback_target: None,
        }
    }

    pub(super) fn begin(&mut self, application: &ApplicationId, begin: Begin) -> usize {
        let member = &self.organisation.members[application];
        let is_superseding = member.mode == Mode::Superseded;
        let is_rollback = begin.rollback_target.is_some();
        let is_publishing = member.application.is_producer()
            && member.application.versioning == Versioning::Build
            && !is_rollback;
        let ends_at = begin.ends_at;
        let now = self.now;
        let fate = begin.fate;
        let number = self.pipelines.begin(application, begin, now);
        self.emit_execution(application, number, ExecutionState::Started);
        for earlier in 0..number {
            let passes = self.pipelines.passes(application);
            let is_waiting = passes[earlier].is_in_flight()
                && passes[earlier].pipeline == passes[number].pipeline;
            if is_superseding && is_waiting && self.random().chance(40) {
                let secs = self.random().between(0, 60);
                self.put_in(
                    secs,
                    Item::Move(Move::Supersede(application.clone(), earlier)),
                );
            }
        }
        // Before the end, which is 20 s away at least.
        let builds_at = self
            .random()
            .between(1, ends_at.secs_since(now).min(120) - 2);
        self.put_in(
            builds_at,
            Item::Move(Move::Build(application.clone(), number)),
        );
        let reaches_publish = fate != Fate::FailBeforeDeploy || self.random().chance(40);
        if is_publishing && reaches_publish {
            let span = ends_at.secs_since(now).saturating_sub(builds_at);
            let publishes_in = builds_at + self.random().below(span.min(200) + 1);
            let publishes_at = Timestamp::from_unix_millis(
                now.plus_secs(publishes_in)
                    .unix_millis()
                    .min(ends_at.unix_millis() - 1),
            );
            self.put(
                publishes_at,
                Item::Move(Move::Publish(application.clone(), number)),
            );
        }
        self.put(ends_at, Item::Move(Move::End(application.clone(), number)));
        number
    }

    /// Resolves every dependency as its package manager does; what comes from upstream is retained on the way. A rollback
    /// deploys again what there was.
    fn build(&mut self, application: &ApplicationId, number: usize) {
        let pass = &self.pipelines.passes(application)[number];
        let built = match pass.rollback_target {
            Some(target) => self.pipelines.passes(application)[target].built.clone(),
            None => self.resolve(application, number),
        };
        tell!(
            self,
            "service: {application} execution {number} builds {:?}",
            built.iter().map(|(_, version)| version).collect::<Vec<_>>()
        );
        self.pipelines.pass_mut(application, number).built = built;
    }

    fn resolve(&mut self, application: &ApplicationId, number: usize) -> Vec<(Wish, String)> {
        let member = &self.organisation.members[application];
        let refreshed = &self.pipelines.passes(application)[number].refreshed;
        let first = member.application.repositories[0].clone();
        let version = |dependency: &Dependency| {
            let is_held =
                member.is_held_by_lock(dependency) && !refreshed.contains(&dependency.package);
            if is_held {
                return self.pipelines.lock(application, dependency);
            }
            self.registry
                .select(&member.sees, &dependency.package, &dependency.requirement)
                .unwrap_or_else(|| self.pipelines.built(application, dependency))
        };
        let built: Vec<(Wish, String)> = member
            .dependencies
            .iter()
            .map(|dependency| (wish(dependency), version(dependency)))
            .collect();
        for ((package, ..), version) in &built {
            self.retain(application, &first, package, version);
        }
        built
    }

    /// A repository keeps what was asked for through it.
    fn retain(
        &mut self,
        application: &ApplicationId,
        repository: &downriver_domain::RepositoryId,
        package: &PackageId,
        version: &str,
    ) {
        let package_version =
            PackageVersionId::new(package.clone(), version).expect("a resolved version is valid");
        if self.registry.is_held_in(&package_version, repository) {
            return;
        }
        let seen = &self.organisation.members[application].sees;
        if !self.registry.is_published(&package_version, seen) {
            return;
        }
        let origin = self.registry.origin(&package_version);
        let copy = self
            .registry
            .publish(&package_version, repository, origin, self.now);
        self.emit_sighting(copy);
    }

    fn publish(&mut self, application: &ApplicationId, number: usize) {
        let member = &self.organisation.members[application];
        let repository = member
            .application
            .publishes_to
            .clone()
            .expect("a producer publishes somewhere");
        let products = member.application.products.clone();
        let cascade = self.pipelines.passes(application)[number].cascade.clone();
        for product in products {
            let line = self
                .lines
                .get_mut(&product)
                .expect("every package has a line of versions");
            let package_version = PackageVersionId::new(product, &line.next_build())
                .expect("lines make valid versions");
            self.registry.descends(&package_version, cascade.clone());
            let sighting =
                self.registry
                    .publish(&package_version, &repository, Origin::Internal, self.now);
            self.emit_sighting(sighting);
        }
    }

    fn end(&mut self, application: &ApplicationId, number: usize) {
        let fate = self.pipelines.passes(application)[number].fate;
        let (status, state) = match fate {
            Fate::Succeed | Fate::Linger => (ExecutionStatus::Succeeded, ExecutionState::Succeeded),
            Fate::FailBeforeDeploy | Fate::FailInDeploy => {
                (ExecutionStatus::Failed, ExecutionState::Failed)
            }
            Fate::Stop => (ExecutionStatus::Stopped, ExecutionState::Stopped),
            Fate::Cancel => (ExecutionStatus::Cancelled, ExecutionState::Canceled),
        };
        if fate == Fate::Stop {
            self.emit_execution(application, number, ExecutionState::Stopping);
        }
        self.pipelines
            .set_status(application, number, status, self.now);
        self.emit_execution(application, number, state);
        match status {
            ExecutionStatus::Succeeded => self.succeeded(application, number),
            ExecutionStatus::Failed => {
                let is_before_deploy = fate == Fate::FailBeforeDeploy;
                self.pipelines.pass_mut(application, number).failed_stage = Some(FailedStage {
                    name: if is_before_deploy { "Build" } else { "Deploy" }.to_owned(),
                    is_before_deploy,
                    ..FailedStage::default()
                });
                if !self.faults.are_over() && self.random().chance(15) {
                    let secs = self.random().between(1, 1_200);
                    self.put_in(secs, Item::Move(Move::Resume(application.clone(), number)));
                }
            }
            _ => {}
        }
    }

    fn succeeded(&mut self, application: &ApplicationId, number: usize) {
        let member = &self.organisation.members[application];
        let pass = &self.pipelines.passes(application)[number];
        let is_reported = member.is_indexed && pass.rollback_target.is_none();
        let packages = pass
            .built
            .iter()
            .map(|((package, ..), version)| BuiltPackage {
                package: package.clone(),
                version: version.clone(),
                revision: None,
            });
        let report = BuiltReport {
            application: application.clone(),
            execution: pass.id.clone(),
            packages: packages.collect(),
        };
        // The build commits the lockfile that it refreshed.
        let is_refreshed = |dependency: &&Dependency| {
            pass.refreshed.contains(&dependency.package) && member.is_held_by_lock(dependency)
        };
        let refreshed = member.dependencies.iter().filter(is_refreshed);
        let locks: Vec<(Wish, String)> = refreshed
            .filter_map(|dependency| {
                let wanted = wish(dependency);
                pass.built.iter().find(|(wish, _)| *wish == wanted).cloned()
            })
            .collect();
        for (wish, version) in locks {
            self.pipelines.commit_lock(application, wish, version);
        }
        if is_reported {
            let secs = self.random().between(0, 60);
            self.send(self.now.plus_secs(secs), &Message::Report(report), true);
        }
    }

    /// A person retries the failed stage of the last execution.
    fn resume(&mut self, application: &ApplicationId, number: usize) {
        let is_last = self.pipelines.passes(application).len() == number + 1;
        let pass = self.pipelines.pass_mut(application, number);
        if pass.status != ExecutionStatus::Failed || !is_last || pass.built.is_empty() {
            return;
        }
        pass.is_peoples = true;
        pass.fate = Fate::Succeed;
        pass.ends_at = self.now.plus_secs(120);
        self.pipelines
            .set_status(application, number, ExecutionStatus::InProgress, self.now);
        self.emit_execution(application, number, ExecutionState::Resumed);
        self.put_in(120, Item::Move(Move::End(application.clone(), number)));
    }
}
