//! What the services do by themselves: executions build, publish and end.

use std::collections::BTreeSet;

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Origin, Timestamp, Versioning};
use downriver_engine::index::{BuiltPackage, BuiltReport};
use downriver_engine::ports::{ExecutionStatus, FailedStage, StartExecution, Trigger};
use downriver_engine::track::ExecutionState;

use super::{Item, Message, Move, World};
use crate::builders::id;
use crate::simulation::organisation::Mode;
use crate::simulation::pipelines::{Begin, Fate};

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
                self.set_status(&application, number, ExecutionStatus::Superseded);
                self.emit_execution(&application, number, ExecutionState::Superseded);
            }
            // A person retried a stage meanwhile: this end is not the one.
            Move::End(..) if pass.ends_at > self.now => {}
            _ => self.end(&application, number),
        }
    }

    /// A StartPipelineExecution that arrived: a known token starts nothing again.
    pub(in crate::simulation) fn start(&mut self, start: &StartExecution) -> usize {
        let application: ApplicationId = id(start.pipeline.name.as_str());
        if let Some(known) = self.pipelines.of_token(&application, &start.token) {
            return known;
        }
        let rebuild = self
            .slot(&application)
            .and_then(|slot| slot.rebuild())
            .cloned();
        let mut cascade = BTreeSet::from([application.clone()]);
        let mut refreshed = BTreeSet::new();
        for (package, wanted) in rebuild.iter().flat_map(|rebuild| &rebuild.packages) {
            if let Ok(package_version) = PackageVersionId::new(package.clone(), &wanted.version) {
                cascade.extend(self.registry.cascade(&package_version));
            }
            if !start.variables.is_empty() {
                refreshed.insert(package.clone());
            }
        }
        let begin = Begin {
            trigger: if self.organisation.is_event_started(&start.pipeline) {
                Trigger::Request
            } else {
                Trigger::Session(start.attempt.to_string())
            },
            attempt: Some((start.attempt.clone(), start.token.clone())),
            refreshed,
            cascade,
            ..self.begin_like(&application)
        };
        self.starts += 1;
        let number = self.begin(&application, begin);
        self.check_started(&application, &start.attempt);
        number
    }

    /// A start whose fate and end are chosen, with nothing known of who starts it.
    pub(super) fn begin_like(&mut self, application: &ApplicationId) -> Begin {
        let fate = if self.faults.are_executions_failing {
            Fate::random(self.random())
        } else {
            Fate::Succeed
        };
        let secs = match fate {
            Fate::Linger => self.random().between(3_600, 4 * 3_600),
            _ => self.random().between(20, 600),
        };
        let is_one_at_a_time = self.organisation.members[application].mode == Mode::Superseded;
        let busy_until = self
            .pipelines
            .passes(application)
            .iter()
            .filter(|pass| is_one_at_a_time && pass.is_in_flight())
            .map(|pass| pass.ends_at)
            .max();
        let begins_at = busy_until.map_or(self.now, |until| until.max(self.now));
        Begin {
            trigger: Trigger::Rule,
            attempt: None,
            refreshed: BTreeSet::new(),
            cascade: BTreeSet::new(),
            fate,
            ends_at: begins_at.plus_secs(secs),
        }
    }

    pub(super) fn begin(&mut self, application: &ApplicationId, begin: Begin) -> usize {
        let member = &self.organisation.members[application];
        let is_superseding = member.mode == Mode::Superseded;
        let is_publishing =
            member.application.is_producer() && member.application.versioning == Versioning::Build;
        let ends_at = begin.ends_at;
        let now = self.now;
        let fate = begin.fate;
        let number = self.pipelines.begin(application, begin, now);
        self.emit_execution(application, number, ExecutionState::Started);
        for earlier in 0..number {
            let is_waiting = self.pipelines.passes(application)[earlier].is_in_flight();
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

    /// Resolves every dependency as its package manager does; what comes from upstream is retained on the way.
    fn build(&mut self, application: &ApplicationId, number: usize) {
        let member = self.organisation.members[application].clone();
        let refreshed = self.pipelines.passes(application)[number].refreshed.clone();
        let before = self.pipelines.built(application);
        let mut built = Vec::new();
        for (at, dependency) in member.dependencies.iter().enumerate() {
            let package = &dependency.package;
            let is_held = member.is_held_by_lock(dependency) && !refreshed.contains(package);
            let selected = if is_held {
                Some(self.pipelines.lock(application)[at].clone())
            } else {
                self.registry.select(
                    &self.organisation.topology,
                    &member.application.repositories,
                    package,
                    &dependency.requirement,
                )
            };
            let version = selected.unwrap_or_else(|| before[at].clone());
            self.retain(&member.application.repositories[0], package, &version);
            built.push(version);
        }
        let text = format!("service: {application} execution {number} builds {built:?}");
        self.tell(&text);
        self.pipelines.pass_mut(application, number).built = built;
    }

    /// A repository keeps what was asked for through it.
    fn retain(
        &mut self,
        repository: &downriver_domain::RepositoryId,
        package: &PackageId,
        version: &str,
    ) {
        let package_version =
            PackageVersionId::new(package.clone(), version).expect("a resolved version is valid");
        if self.registry.is_held_in(&package_version, repository) {
            return;
        }
        let seen = self
            .organisation
            .topology
            .visible_from(std::slice::from_ref(repository));
        if !self.registry.is_published(&package_version, &seen) {
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
        self.set_status(application, number, status);
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
        let member = self.organisation.members[application].clone();
        let pass = &self.pipelines.passes(application)[number];
        let refreshed = pass.refreshed.clone();
        let built = pass.built.clone();
        let execution = pass.id.clone();
        let mut packages = Vec::new();
        for (at, dependency) in member.dependencies.iter().enumerate() {
            // The build commits the lockfile that it refreshed.
            if refreshed.contains(&dependency.package) && member.is_held_by_lock(dependency) {
                self.pipelines.passes_mut(application).lock[at].clone_from(&built[at]);
            }
            packages.push(BuiltPackage {
                package: dependency.package.clone(),
                version: built[at].clone(),
                revision: None,
            });
        }
        if member.is_indexed {
            let report = BuiltReport {
                application: application.clone(),
                execution,
                packages,
            };
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
        pass.is_resumed = true;
        pass.fate = Fate::Succeed;
        pass.ends_at = self.now.plus_secs(120);
        self.set_status(application, number, ExecutionStatus::InProgress);
        self.emit_execution(application, number, ExecutionState::Resumed);
        self.put_in(120, Item::Move(Move::End(application.clone(), number)));
    }

    fn set_status(&mut self, application: &ApplicationId, number: usize, status: ExecutionStatus) {
        let now = self.now;
        let pass = self.pipelines.pass_mut(application, number);
        pass.status = status;
        pass.updated_at = now;
    }
}
