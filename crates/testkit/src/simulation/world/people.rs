//! What people do to the services.

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, RepositoryId, VersionStatus};
use downriver_engine::ports::{ExecutionStatus, Trigger};

use super::{Item, Message, World};
use crate::simulation::inputs::Input;
use crate::simulation::organisation::{Change, Mode};
use crate::simulation::pipelines::Begin;

impl World {
    /// Carries out one input.
    pub(in crate::simulation) fn act(&mut self, input: Input) {
        match input {
            Input::Publish(package_version, repository) => {
                self.publish_in(&package_version, &repository);
            }
            Input::Promote(package, repository) => {
                let Some((version, _)) = self.registry.versions(&package).pop() else {
                    return;
                };
                self.publish_in(&version_of(&package, &version), &repository);
            }
            Input::Restatus(package, status, which) => self.restatus(&package, status, which),
            Input::Republish(package, which) => {
                let deleted = self.registry.deleted(&package);
                if let Some((version, repository)) = choose(&deleted, which) {
                    self.publish_in(&version_of(&package, version), repository);
                }
            }
            Input::Push(application) => {
                self.begin_for(&application, Trigger::Other("WebhookV2".to_owned()));
            }
            Input::Rule(application) => self.begin_for(&application, Trigger::Rule),
            Input::RollBack(application) => self.roll_back(&application),
            Input::Command(command) => {
                self.put_in(0, Item::Message(Message::Command(command)));
            }
            Input::Catalog(change) => {
                self.organisation.change(&change);
                self.applies_to_come += 1;
                self.put_in(0, Item::Message(Message::Apply));
                if let Change::Dependencies(application, _) = &change {
                    // Its source changed.
                    self.begin_for(application, Trigger::Other("WebhookV2".to_owned()));
                }
            }
        }
    }

    fn publish_in(&mut self, package_version: &PackageVersionId, repository: &RepositoryId) {
        let origin = self.organisation.origin(package_version.package());
        let sighting = self
            .registry
            .publish(package_version, repository, origin, self.now);
        self.emit_sighting(sighting);
    }

    fn restatus(&mut self, package: &PackageId, status: VersionStatus, which: u64) {
        let versions = self.registry.versions(package);
        let Some((version, repository)) = choose(&versions, which) else {
            return;
        };
        let package_version = version_of(package, version);
        let sighting = self
            .registry
            .restatus(&package_version, repository, status, self.now);
        self.emit_sighting(sighting);
    }

    /// An execution that Downriver did not start.
    fn begin_for(&mut self, application: &ApplicationId, trigger: Trigger) {
        let pipeline = self.organisation.members[application]
            .application
            .pipeline
            .clone();
        let begin = Begin {
            trigger,
            ..self.begin_like(&pipeline)
        };
        self.begin(application, begin);
    }

    /// A person rolls back to the last success but one of the same pipeline.
    fn roll_back(&mut self, application: &ApplicationId) {
        let pipeline = self.organisation.members[application]
            .application
            .pipeline
            .clone();
        // CodePipeline has no rollback in this mode.
        if self.organisation.members[application].mode == Mode::Parallel {
            return;
        }
        let passes = self.pipelines.passes(application);
        let succeeded = passes.iter().enumerate().filter(|(_, pass)| {
            pass.status == ExecutionStatus::Succeeded
                && pass.pipeline == pipeline
                && pass.rollback_target.is_none()
        });
        let Some((target, _)) = succeeded.rev().nth(1) else {
            return;
        };
        let begin = Begin {
            trigger: Trigger::Other("ManualRollback".to_owned()),
            rollback_target: Some(target),
            ..self.begin_like(&pipeline)
        };
        self.begin(application, begin);
    }
}

fn version_of(package: &PackageId, version: &str) -> PackageVersionId {
    PackageVersionId::new(package.clone(), version).expect("a published version is valid")
}

/// One of them, the same for the same number.
fn choose<T>(from: &[T], which: u64) -> Option<&T> {
    let count = u64::try_from(from.len()).unwrap_or(1).max(1);
    from.get(usize::try_from(which % count).unwrap_or(0))
}
