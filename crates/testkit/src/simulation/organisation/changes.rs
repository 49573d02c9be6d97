//! What the catalog's owners change in the middle of a day.

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Dependency, Pipeline, Policy};

use super::{Organisation, depend, policies};
use crate::builders::id;
use crate::simulation::Profile;
use crate::simulation::random::Random;

/// One edit of the catalog; then the whole of it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation) enum Change {
    /// An application comes in, or comes back.
    Add(ApplicationId),
    Remove(ApplicationId),
    Dependencies(ApplicationId, Vec<Dependency>),
    Policy(ApplicationId, Box<Policy>),
    /// Its pipeline was made anew under another name, or elsewhere.
    Pipeline(ApplicationId, Pipeline),
}

impl Change {
    pub(in crate::simulation) const fn application(&self) -> &ApplicationId {
        match self {
            Self::Add(id)
            | Self::Remove(id)
            | Self::Dependencies(id, _)
            | Self::Policy(id, _)
            | Self::Pipeline(id, _) => id,
        }
    }

    pub(in crate::simulation) fn random(organisation: &Organisation, random: &mut Random) -> Self {
        let absent: Vec<&ApplicationId> = organisation
            .members
            .iter()
            .filter(|(_, member)| !member.is_registered)
            .map(|(id, _)| id)
            .collect();
        if !absent.is_empty() && random.chance(50) {
            return Self::Add(random.pick(&absent).clone());
        }
        let ids: Vec<&ApplicationId> = organisation.members.keys().collect();
        let id = random.pick(&ids).clone();
        match random.below(10) {
            0..2 => Self::Remove(id),
            2..4 => Self::Add(id),
            4..6 => Self::Policy(id, Box::new(policies::random(random, Profile::Everything))),
            6..8 => Self::Pipeline(id.clone(), renamed(organisation, random, &id)),
            _ => Self::Dependencies(id.clone(), dependencies(organisation, random, &id)),
        }
    }
}

impl Organisation {
    /// The catalog as it is to be from now on.
    pub(in crate::simulation) fn change(&mut self, change: &Change) {
        let Some(member) = self.members.get_mut(change.application()) else {
            return;
        };
        match change {
            Change::Add(_) => member.is_registered = true,
            Change::Remove(_) => member.is_registered = false,
            Change::Dependencies(_, dependencies) => member.dependencies.clone_from(dependencies),
            Change::Policy(_, policy) => member.application.policy = Policy::clone(policy),
            Change::Pipeline(_, pipeline) => member.application.pipeline = pipeline.clone(),
        }
        self.mark_cycles();
    }
}

fn renamed(organisation: &Organisation, random: &mut Random, id_of: &ApplicationId) -> Pipeline {
    let number = random.between(2, 4);
    Pipeline {
        target: random.pick(&organisation.targets),
        name: id(&format!("{id_of}.{number}")),
    }
}

/// One of its dependencies is gone, or asked for anew, or there is one more.
fn dependencies(
    organisation: &Organisation,
    random: &mut Random,
    id: &ApplicationId,
) -> Vec<Dependency> {
    let member = &organisation.members[id];
    let mut dependencies = member.dependencies.clone();
    if !dependencies.is_empty() && random.chance(60) {
        let at = random.index(dependencies.len());
        dependencies.remove(at);
    }
    if dependencies.is_empty() || random.chance(70) {
        let known: Vec<PackageId> = organisation
            .packages()
            .filter(|package| !member.application.products.contains(*package))
            .cloned()
            .collect();
        let package = random.pick(&known);
        let has_lockfile = dependencies.iter().any(|known| known.is_locked);
        // Which of several instances a new one was before, the catalog does not tell.
        let is_new = |known: &&Dependency| known.package == package;
        if !member.dependencies.iter().any(|known| is_new(&known)) {
            dependencies.push(depend(random, &package, &known, has_lockfile));
        }
    }
    dependencies.sort_by(|a, b| a.package.cmp(&b.package));
    dependencies
}
