//! Which producers reach which application, computed from the registered dependencies alone, beside the engine.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{Application, ApplicationId, Dependency};

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Application → the producers of what it follows.
    direct: BTreeMap<ApplicationId, BTreeSet<ApplicationId>>,
    /// What was asked for already.
    holding_up: BTreeMap<ApplicationId, BTreeSet<ApplicationId>>,
}

impl Graph {
    pub(super) fn of<'a>(
        registered: impl Iterator<Item = (&'a Application, &'a [Dependency])> + Clone,
    ) -> Self {
        let mut producers: BTreeMap<&PackageId, Vec<&ApplicationId>> = BTreeMap::new();
        for (application, _) in registered.clone() {
            for product in &application.products {
                producers.entry(product).or_default().push(&application.id);
            }
        }
        let direct = registered.map(|(application, dependencies)| {
            let followed = dependencies
                .iter()
                .filter(|dependency| application.is_followed(dependency));
            let of = followed
                .filter_map(|dependency| producers.get(&dependency.package))
                .flatten()
                .filter(|producer| **producer != &application.id)
                .map(|producer| ApplicationId::clone(producer));
            (application.id.clone(), of.collect())
        });
        Self {
            direct: direct.collect(),
            holding_up: BTreeMap::new(),
        }
    }

    /// The producers that reach an application over dependencies that it, and each on the way, follows; without those
    /// that it reaches itself.
    pub(super) fn holding_up(&mut self, application: &ApplicationId) -> &BTreeSet<ApplicationId> {
        if !self.holding_up.contains_key(application) {
            let reaching = self.reaching(application);
            let without_cycles = reaching
                .into_iter()
                .filter(|producer| *producer != application)
                .filter(|producer| !self.reaching(producer).contains(application))
                .cloned()
                .collect();
            self.holding_up.insert(application.clone(), without_cycles);
        }
        &self.holding_up[application]
    }

    fn reaching(&self, application: &ApplicationId) -> BTreeSet<&ApplicationId> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&ApplicationId> = Vec::new();
        open.extend(self.direct.get(application).into_iter().flatten());
        while let Some(producer) = open.pop() {
            if seen.insert(producer) {
                open.extend(self.direct.get(producer).into_iter().flatten());
            }
        }
        seen
    }
}
