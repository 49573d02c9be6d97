//! What stays as it is for a whole replay: the catalog's and the story's word. Never stored; the fingerprint of the input
//! says that it is the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{
    Application, ApplicationId, OnLocked, Pipeline, RepositoryId, Timestamp, Topology, Versioning,
};

use crate::story::{Outcome, OutcomeKind, PipelineMode, Stage, Transition};

#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// With `producers`, which a catalog leaves out.
    pub(crate) topology: Topology,
    pub(crate) applications: BTreeMap<ApplicationId, Arc<ApplicationFacts>>,
    /// Whose pipeline a key stands for.
    pub(crate) owners: BTreeMap<String, ApplicationId>,
    pub(crate) offers: Vec<Offer>,
}

#[derive(Debug, Clone)]
pub(crate) struct ApplicationFacts {
    pub(crate) id: ApplicationId,
    pub(crate) pipeline: Pipeline,
    pub(crate) repositories: Vec<RepositoryId>,
    pub(crate) products: BTreeSet<PackageId>,
    pub(crate) publishes_to: Option<RepositoryId>,
    pub(crate) versioning: Versioning,
    pub(crate) on_locked: OnLocked,
    pub(crate) spec: PipelineSpec,
    pub(crate) outcomes: Vec<Outcome>,
}

/// A public version that an external connection offers.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) connection: Option<String>,
    pub(crate) package: PackageId,
    pub(crate) version: String,
    pub(crate) from: Timestamp,
}

/// How a pipeline is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipelineSpec {
    pub(crate) mode: PipelineMode,
    pub(crate) is_v1: bool,
    pub(crate) stages: Vec<Stage>,
    pub(crate) is_indexed: bool,
    pub(crate) is_told: bool,
}

/// `account/region/name`: a pipeline's key in rows and maps.
pub(crate) fn pipeline_key(pipeline: &Pipeline) -> String {
    format!("{}/{}", pipeline.target, pipeline.name)
}

/// The formats of CodeArtifact's external connections, by their names.
pub(crate) fn is_connection_of(connection: &str, format: Format) -> bool {
    match connection.strip_prefix("public:") {
        Some("npmjs") => format == Format::Npm,
        Some("pypi") => format == Format::Pypi,
        Some("nuget-org") => format == Format::Nuget,
        Some("crates-io") => format == Format::Cargo,
        Some("ruby-gems-org") => format == Format::Ruby,
        // All others are Maven repositories: maven-central, maven-googleandroid, …
        Some(name) if name.starts_with("maven-") => format == Format::Maven,
        _ => false,
    }
}

impl Facts {
    pub(crate) fn by_pipeline(&self, key: &str) -> Option<&Arc<ApplicationFacts>> {
        self.applications.get(self.owners.get(key)?)
    }

    /// The repositories an application sees, its own first, then nearest first.
    pub(crate) fn nearest_first(&self, repositories: &[RepositoryId]) -> Vec<RepositoryId> {
        let mut seen: Vec<RepositoryId> = Vec::new();
        let mut open: VecDeque<&RepositoryId> = repositories.iter().collect();
        while let Some(repository) = open.pop_front() {
            if seen.contains(repository) {
                continue;
            }
            seen.push(repository.clone());
            if let Some(known) = self.topology.repositories.get(repository) {
                open.extend(&known.upstreams);
            }
        }
        seen
    }

    /// Whether the repository gets packages of this format from a public registry.
    pub(crate) fn has_connection(&self, repository: &RepositoryId, format: Format) -> bool {
        let known = self.topology.repositories.get(repository);
        let mut connections = known
            .into_iter()
            .flat_map(|known| &known.external_connections);
        connections.any(|connection| is_connection_of(connection, format))
    }

    /// Where a package that an application depends on is first found: at its producer's, else at the nearest
    /// repository with an external connection, else in the application's own first repository.
    pub(crate) fn home_of(
        &self,
        package: &PackageId,
        repositories: &[RepositoryId],
    ) -> Option<RepositoryId> {
        if let Some(home) = self.published_home_of(package) {
            return Some(home);
        }
        let visible = self.nearest_first(repositories);
        let connected = visible
            .iter()
            .find(|repository| self.has_connection(repository, package.format()));
        let own = repositories.first();
        if self.topology.is_internal(package) {
            return own.cloned();
        }
        connected.or(own).cloned()
    }

    /// Where the package's producer publishes it, if it has one.
    pub(crate) fn published_home_of(&self, package: &PackageId) -> Option<RepositoryId> {
        let producers = self.topology.producers.get(package)?;
        let producer = self.applications.get(producers.first()?)?;
        producer.home()
    }
}

impl ApplicationFacts {
    pub(crate) fn new(application: &Application, spec: PipelineSpec) -> Self {
        Self {
            id: application.id.clone(),
            pipeline: application.pipeline.clone(),
            repositories: application.repositories.clone(),
            products: application.products.clone(),
            publishes_to: application.publishes_to.clone(),
            versioning: application.versioning,
            on_locked: application.policy.on_locked,
            spec,
            outcomes: Vec::new(),
        }
    }

    /// Where its products are published first.
    pub(crate) fn home(&self) -> Option<RepositoryId> {
        self.publishes_to
            .clone()
            .or_else(|| self.repositories.first().cloned())
    }

    /// The scripted outcome of this kind for an execution.
    pub(crate) fn outcome(&self, execution: u64, kind: OutcomeKind) -> Option<&Outcome> {
        self.outcomes
            .iter()
            .find(|outcome| outcome.execution == execution && outcome.kind == kind)
    }
}

impl PipelineSpec {
    /// Source 10 s, Build 180 s; then Deploy 60 s, unless products are published at the end of Build.
    pub(crate) fn default_for(is_producer: bool) -> Self {
        let stage = |name: &str, secs| Stage {
            name: name.to_owned(),
            secs,
            publishes: false,
            deploys: false,
            needs_approval: false,
            transition: Transition::Enabled,
        };
        let mut stages = vec![stage("Source", 10), stage("Build", 180)];
        if is_producer {
            stages[1].publishes = true;
        } else {
            stages.push(Stage {
                deploys: true,
                ..stage("Deploy", 60)
            });
        }
        Self {
            mode: PipelineMode::Superseded,
            is_v1: false,
            stages,
            is_indexed: true,
            is_told: true,
        }
    }

    /// The stage whose build resolves dependencies: the publishing one, else the first after the source that neither
    /// deploys nor waits for a person, else the first.
    pub(crate) fn build_stage(&self) -> usize {
        let publishing = self.stages.iter().position(|stage| stage.publishes);
        let plain = || {
            let mut later = self.stages.iter().enumerate().skip(1);
            later.find_map(|(at, stage)| (!stage.deploys && !stage.needs_approval).then_some(at))
        };
        publishing.or_else(plain).unwrap_or(0)
    }

    /// The first stage with a Deploy action.
    pub(crate) fn deploy_stage(&self) -> Option<usize> {
        self.stages.iter().position(|stage| stage.deploys)
    }
}
