//! Applications and their edges: each edge stands once, among the dependents of its package.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use downriver_domain::version::PackageId;
use downriver_domain::{Application, ApplicationId, Dependency, Edge, Pipeline};
use downriver_engine::ports::{BuiltWrite, EdgeCursor, EdgePage, Registration};

#[derive(Debug, Default)]
pub(super) struct Applications {
    known: BTreeMap<ApplicationId, Known>,
    of_pipeline: BTreeMap<Pipeline, BTreeSet<ApplicationId>>,
    dependents: BTreeMap<PackageId, BTreeMap<EdgeCursor, Dependency>>,
}

#[derive(Debug)]
struct Known {
    application: Application,
    is_registered: bool,
    /// In the order of its registration, each with the number of its instance.
    edges: Vec<(PackageId, u32)>,
}

impl Applications {
    pub(super) fn find(&self, id: &ApplicationId) -> Option<(&Application, bool)> {
        let known = self.known.get(id)?;
        Some((&known.application, known.is_registered))
    }

    pub(super) fn list(&self, after: Option<&ApplicationId>, limit: usize) -> Vec<ApplicationId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.known
            .range((from, Bound::Unbounded))
            .filter(|(_, known)| known.is_registered)
            .take(limit)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// A registered application comes before a removed one.
    pub(super) fn find_by_pipeline(&self, pipeline: &Pipeline) -> Option<ApplicationId> {
        let ids = self.of_pipeline.get(pipeline)?;
        let is_removed = |id: &&ApplicationId| !self.known[*id].is_registered;
        ids.iter().min_by_key(is_removed).cloned()
    }

    /// Numbers the instances of each package in the order in which they are listed.
    pub(super) fn register(&mut self, registration: &Registration) {
        let application = &registration.application;
        self.forget_edges(&application.id);
        if let Some(before) = self.known.get(&application.id)
            && let Some(ids) = self.of_pipeline.get_mut(&before.application.pipeline)
        {
            ids.remove(&application.id);
        }
        self.of_pipeline
            .entry(application.pipeline.clone())
            .or_default()
            .insert(application.id.clone());
        let mut instances: BTreeMap<&PackageId, u32> = BTreeMap::new();
        let mut edges = Vec::with_capacity(registration.dependencies.len());
        for dependency in &registration.dependencies {
            let next = instances.entry(&dependency.package).or_default();
            let cursor = cursor(application, *next);
            edges.push((dependency.package.clone(), *next));
            *next += 1;
            self.dependents
                .entry(dependency.package.clone())
                .or_default()
                .insert(cursor, dependency.clone());
        }
        let known = Known {
            application: application.clone(),
            is_registered: true,
            edges,
        };
        self.known.insert(application.id.clone(), known);
    }

    pub(super) fn remove(&mut self, id: &ApplicationId) {
        self.forget_edges(id);
        if let Some(known) = self.known.get_mut(id) {
            known.is_registered = false;
        }
    }

    pub(super) fn dependencies(&self, id: &ApplicationId) -> Vec<Dependency> {
        let Some(known) = self.known.get(id) else {
            return Vec::new();
        };
        let dependencies = known.edges.iter().map(|(package, instance)| {
            self.dependents[package][&cursor(&known.application, *instance)].clone()
        });
        dependencies.collect()
    }

    pub(super) fn edges(&self, id: &ApplicationId, packages: &BTreeSet<PackageId>) -> Vec<Edge> {
        let Some(known) = self.known.get(id) else {
            return Vec::new();
        };
        let first = cursor(&known.application, 0);
        let mut edges = Vec::new();
        for dependents in packages
            .iter()
            .filter_map(|package| self.dependents.get(package))
        {
            let of = dependents.range(&first..);
            let of = of.take_while(|(cursor, _)| cursor.application == *id);
            edges.extend(of.map(|(cursor, dependency)| edge(cursor, dependency)));
        }
        edges
    }

    pub(super) fn dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> EdgePage {
        let none = BTreeMap::new();
        let dependents = self.dependents.get(package).unwrap_or(&none);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = limit.max(1);
        let range = || dependents.range((from, Bound::Unbounded));
        let beyond = range().nth(limit).map(|(cursor, _)| &cursor.application);
        let whole = range()
            .take(limit)
            .take_while(|(cursor, _)| beyond.is_none_or(|beyond| cursor.application != *beyond))
            .count();
        // All of one application: it alone exceeds the limit.
        let count = if whole == 0 { limit } else { whole };
        let page = range().take(count);
        let edges: Vec<Edge> = page.map(|(cursor, of)| edge(cursor, of)).collect();
        let last = range().take(count).last().map(|(cursor, _)| cursor.clone());
        EdgePage {
            edges,
            next: last.filter(|_| beyond.is_some()),
        }
    }

    /// How many applications have a first instance of it.
    pub(super) fn count_dependents(&self, package: &PackageId) -> u64 {
        let dependents = self.dependents.get(package).into_iter().flatten();
        dependents
            .filter(|(cursor, _)| cursor.instance == 0)
            .count() as u64
    }

    /// An edge that is gone is left out.
    pub(super) fn write_built(&mut self, write: &BuiltWrite) {
        let Some(known) = self.known.get(&write.application) else {
            return;
        };
        let cursor = cursor(&known.application, write.instance);
        if let Some(dependents) = self.dependents.get_mut(&write.package)
            && let Some(dependency) = dependents.get_mut(&cursor)
        {
            dependency.built = write.built.clone();
            dependency.built_as_of = Some(write.built_as_of);
            dependency.built_revision.clone_from(&write.built_revision);
        }
    }

    fn forget_edges(&mut self, id: &ApplicationId) {
        let Some(known) = self.known.get_mut(id) else {
            return;
        };
        for (package, instance) in std::mem::take(&mut known.edges) {
            if let Some(dependents) = self.dependents.get_mut(&package) {
                dependents.remove(&cursor(&known.application, instance));
            }
        }
    }
}

fn cursor(application: &Application, instance: u32) -> EdgeCursor {
    EdgeCursor {
        is_consumer: !application.is_producer(),
        application: application.id.clone(),
        instance,
    }
}

fn edge(cursor: &EdgeCursor, dependency: &Dependency) -> Edge {
    Edge {
        application: cursor.application.clone(),
        instance: cursor.instance,
        is_producer: !cursor.is_consumer,
        dependency: dependency.clone(),
    }
}
