//! What people do to the services.

use std::collections::BTreeSet;

use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, Origin, VersionStatus};
use downriver_engine::ports::Trigger;

use super::{Item, Message, World};
use crate::simulation::inputs::Input;
use crate::simulation::pipelines::Begin;

impl World {
    /// Carries out one input.
    pub(in crate::simulation) fn act(&mut self, input: Input) {
        match input {
            Input::Publish(package_version, repository) => {
                let is_internal = self
                    .organisation
                    .topology
                    .is_internal(package_version.package());
                let origin = if is_internal {
                    Origin::Internal
                } else {
                    Origin::External
                };
                let sighting =
                    self.registry
                        .publish(&package_version, &repository, origin, self.now);
                self.emit_sighting(sighting);
            }
            Input::Promote(package, repository) => {
                let Some((version, _)) = self.registry.versions(&package).pop() else {
                    return;
                };
                let package_version =
                    PackageVersionId::new(package, &version).expect("a published version is valid");
                let origin = self.registry.origin(&package_version);
                let sighting =
                    self.registry
                        .publish(&package_version, &repository, origin, self.now);
                self.emit_sighting(sighting);
            }
            Input::Restatus(package, status) => self.restatus(&package, status),
            Input::Push(application) => {
                self.begin_for(&application, Trigger::Other("WebhookV2".to_owned()));
            }
            Input::Rule(application) => self.begin_for(&application, Trigger::Rule),
            Input::Command(command) => {
                self.put_in(0, Item::Message(Message::Command(command)));
            }
        }
    }

    fn restatus(&mut self, package: &downriver_domain::version::PackageId, status: VersionStatus) {
        let versions = self.registry.versions(package);
        if versions.is_empty() {
            return;
        }
        let (version, repository) = self.random().pick(&versions);
        let package_version =
            PackageVersionId::new(package.clone(), &version).expect("a published version is valid");
        let sighting = self
            .registry
            .restatus(&package_version, &repository, status, self.now);
        self.emit_sighting(sighting);
    }

    /// An execution that Downriver did not start.
    fn begin_for(&mut self, application: &ApplicationId, trigger: Trigger) {
        let begin = Begin {
            trigger,
            attempt: None,
            refreshed: BTreeSet::new(),
            cascade: BTreeSet::new(),
            ..self.begin_like(application)
        };
        self.begin(application, begin);
    }
}
