//! The simulated services as the engine's ports.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, ApplicationId, DomainName, Pipeline, PipelineExecutionId, Repository, RepositoryId,
    Timestamp,
};
use downriver_engine::ports::{
    Artifacts, Bus, Clock, Execution, ListedVersion, Notice, Pipelines, Ports, Queue, QueueError,
    ReadError, ReadRequest, Registry, ResolvePage, SourceRead, StartError, StartExecution, Timer,
    Upload, UploadError,
};

use super::World;
use crate::simulator::{Item, PageRow, Simulator, Text, pipeline_key};
use crate::sqlite::SqliteStore;

/// How long a simulated function may work, in seconds: what a start whose result was lost waits for.
const FUNCTION_SECS_MAX: u64 = 60;

/// Runs a use case on embedded ports to its end.
///
/// # Panics
///
/// If the future waits for something: embedded ports answer at once.
pub fn complete<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("embedded ports answer at once"),
    }
}

/// The simulated CodePipeline, CodeArtifact, queue, bus and clock.
#[derive(Debug)]
pub struct Simulation {
    simulator: RefCell<Simulator>,
    notices: RefCell<Vec<Notice>>,
}

impl Simulation {
    pub(super) fn new(simulator: Simulator) -> Self {
        Self {
            simulator: RefCell::new(simulator),
            notices: RefCell::default(),
        }
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&Simulator) -> T) -> T {
        read(&self.simulator.borrow())
    }

    pub(super) fn with_mut<T>(&self, act: impl FnOnce(&mut Simulator) -> T) -> T {
        act(&mut self.simulator.borrow_mut())
    }

    pub(super) fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.notices.borrow_mut())
    }
}

impl Ports for World {
    type Store = SqliteStore;
    type Queue = Simulation;
    type Pipelines = Simulation;
    type Registry = Simulation;
    type Artifacts = Simulation;
    type Bus = Simulation;
    type Clock = Simulation;

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    fn queue(&self) -> &Simulation {
        &self.simulation
    }

    fn pipelines(&self) -> &Simulation {
        &self.simulation
    }

    fn registry(&self) -> &Simulation {
        &self.simulation
    }

    fn artifacts(&self) -> &Simulation {
        &self.simulation
    }

    fn bus(&self) -> &Simulation {
        &self.simulation
    }

    fn clock(&self) -> &Simulation {
        &self.simulation
    }

    /// The simulated one is made of the events that are replayed.
    fn has_registry_of_its_own(&self) -> bool {
        false
    }

    fn time_limit_secs(&self) -> u64 {
        FUNCTION_SECS_MAX
    }
}

impl Queue for Simulation {
    async fn send_timer(&self, timer: &Timer) -> Result<(), QueueError> {
        let item = Item::Timer {
            application: Text(timer.application.clone()),
            slot_revision: timer.slot_revision,
            receives: 0,
        };
        self.with_mut(|simulator| simulator.put(timer.at, item));
        Ok(())
    }

    async fn send_page(&self, page: &ResolvePage) -> Result<(), QueueError> {
        let item = Item::Page {
            page: PageRow::from_page(page),
            receives: 0,
        };
        self.with_mut(|simulator| simulator.put(simulator.now(), item));
        Ok(())
    }

    /// The simulator reports what was built by itself.
    async fn send_read(&self, _request: &ReadRequest) -> Result<(), QueueError> {
        Ok(())
    }

    /// The simulated repositories are those of the catalog.
    async fn send_repositories(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

/// A simulated build leaves no files: the simulator reports what it built.
impl Artifacts for Simulation {
    async fn load_uploads(
        &self,
        _application: &ApplicationId,
        _execution: &PipelineExecutionId,
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<Vec<Upload>, ReadError> {
        Ok(Vec::new())
    }

    async fn store_upload(
        &self,
        _application: &ApplicationId,
        _execution: &PipelineExecutionId,
        _name: &str,
        _bytes: Vec<u8>,
    ) -> Result<(), UploadError> {
        Ok(())
    }

    async fn load_source(
        &self,
        _pipeline: &Pipeline,
        _execution: &PipelineExecutionId,
        _choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError> {
        Ok(SourceRead::Nothing(
            "a simulated build has no source".to_owned(),
        ))
    }
}

impl Pipelines for Simulation {
    async fn start_execution(
        &self,
        start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError> {
        self.with_mut(|simulator| {
            simulator.call_start(
                &start.pipeline,
                &start.attempt,
                &start.token,
                &start.variables,
            )
        })
    }

    async fn request_execution(&self, start: &StartExecution) -> Result<(), StartError> {
        self.with_mut(|simulator| simulator.request(&start.pipeline, &start.variables));
        Ok(())
    }

    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        id: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        let key = pipeline_key(pipeline);
        self.with(|simulator| {
            let facts = simulator.facts.by_pipeline(&key)?;
            let state = simulator.pipelines.get(&key)?;
            let execution = state.by_id(id)?;
            Some(execution.report(facts))
        })
        .ok_or(ReadError::NotFound)
    }

    async fn list_executions(
        &self,
        pipeline: &Pipeline,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Execution>, ReadError> {
        let key = pipeline_key(pipeline);
        self.with(|simulator| {
            let facts = simulator
                .facts
                .by_pipeline(&key)
                .ok_or(ReadError::NotFound)?;
            let Some(state) = simulator.pipelines.get(&key) else {
                return Ok(Vec::new());
            };
            let recent = state
                .executions
                .iter()
                .rev()
                .filter(|execution| execution.started_at.0 >= since);
            Ok(recent
                .take(limit)
                .map(|execution| execution.report(facts))
                .collect())
        })
    }
}

impl Registry for Simulation {
    async fn list_package_versions(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        self.with(|simulator| {
            let state = simulator
                .registry
                .package(package)
                .ok_or(ReadError::NotFound)?;
            let versions = state.held_by(repository).take(limit);
            let listed: Vec<ListedVersion> = versions
                .map(|(version, state)| state.to_listed(version))
                .collect();
            if listed.is_empty() {
                return Err(ReadError::NotFound);
            }
            Ok(listed)
        })
    }

    async fn describe_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        self.with(|simulator| {
            let state = simulator.registry.package(package_version.package())?;
            let mut held = state.held_by(repository);
            let wanted = package_version.version();
            held.find_map(|(version, state)| (version == wanted).then(|| state.to_listed(version)))
        })
        .ok_or(ReadError::NotFound)
    }

    async fn list_repositories(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        Ok(self.with(|simulator| {
            let known = simulator.facts.topology.repositories.keys();
            known
                .filter(|id| id.domain_owner == *domain_owner && id.domain == *domain)
                .cloned()
                .collect()
        }))
    }

    async fn describe_repository(
        &self,
        repository: &RepositoryId,
    ) -> Result<Repository, ReadError> {
        self.with(|simulator| {
            simulator
                .facts
                .topology
                .repositories
                .get(repository)
                .cloned()
        })
        .ok_or(ReadError::NotFound)
    }

    async fn unlist_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<(), ReadError> {
        let package = package_version.package();
        self.with_mut(|simulator| {
            simulator.unlist(package, package_version.version(), repository);
        });
        Ok(())
    }

    /// What a simulated package asks for itself is not known.
    async fn list_dependencies(
        &self,
        _repository: &RepositoryId,
        _package_version: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError> {
        Err(ReadError::NotFound)
    }
}

impl Bus for Simulation {
    async fn publish(&self, notices: &[Notice]) -> Result<(), QueueError> {
        self.notices.borrow_mut().extend_from_slice(notices);
        Ok(())
    }
}

impl Clock for Simulation {
    fn now(&self) -> Timestamp {
        self.with(Simulator::now)
    }
}
