//! One copy of a function at work: the ports of the engine around the real store and the simulated services, with
//! everything that may go wrong at each call.

mod outside;
mod sent;

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use downriver_domain::slot::{ActiveProducer, Controls, WaitingFor};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    ApplicationId, Dependency, Edge, PackageInventory, Pipeline, RebuildId, Rollout, Target,
    Timestamp, Topology,
};
use downriver_engine::doctor::Checkup;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::{
    ApplicationState, Commit, CommitOutcome, EdgeCursor, EdgePage, Heard, HistoryOf, Ports,
    ReadError, Registration, Store, StoreError,
};

use super::faults::WriteFault;
use super::trace::tell;
use super::world::World;
use super::{Simulation, shown};

/// About so many pages of dependents follow one another.
const PAGES_MAX: usize = 12;

/// All ports of one copy of a function.
pub(super) struct Worker<'a, S> {
    pub(super) simulation: &'a Simulation<S>,
    /// Numbers the copies.
    pub(super) number: u64,
    pub(super) began_at: Timestamp,
    /// By how much its clock is off.
    pub(super) skew_millis: i64,
    /// For a bug that reads markers only once.
    pub(super) markers_read: RefCell<Option<Vec<ActiveProducer>>>,
}

impl<S> Worker<'_, S> {
    fn world(&self) -> RefMut<'_, World> {
        self.simulation.world.borrow_mut()
    }

    fn seen(&self) -> Ref<'_, World> {
        self.simulation.world.borrow()
    }

    /// Others may go on before this call is made.
    async fn pause(&self) {
        let mut turns = {
            let mut world = self.world();
            world.calls += 1;
            world.faults.pause()
        };
        poll_fn(|_| {
            if turns == 0 {
                return Poll::Ready(());
            }
            turns -= 1;
            Poll::Pending
        })
        .await;
    }

    /// The function may be killed here; then nothing after this happens.
    async fn survive(&self, at: &str) {
        let is_killed = {
            let mut world = self.world();
            let is_killed = world.faults.crashes();
            if is_killed {
                tell!(world, "function {}: is killed {at}", self.number);
                world.is_crashing = true;
            }
            is_killed
        };
        if is_killed {
            std::future::pending::<()>().await;
        }
    }

    async fn read(&self) -> Result<(), StoreError> {
        self.pause().await;
        if self.world().faults.on_read() {
            return Err(StoreError::Transient("simulated".to_owned()));
        }
        Ok(())
    }

    /// Before a read of an index: it may not show the last writes.
    async fn read_index(&self) -> Result<(), StoreError> {
        self.read().await?;
        let hidden = self.world().faults.hidden_writes();
        if let Some(lag) = &self.simulation.lag {
            lag.set(hidden);
        }
        Ok(())
    }

    async fn read_service(&self) -> Result<(), ReadError> {
        self.pause().await;
        if self.world().faults.on_read() {
            return Err(ReadError::Transient("simulated".to_owned()));
        }
        Ok(())
    }

    async fn before_write(&self) -> Result<WriteFault, StoreError> {
        self.pause().await;
        self.survive("before a write").await;
        let fault = self.world().faults.on_write();
        if fault == WriteFault::TransientBefore {
            return Err(StoreError::Transient("simulated, not written".to_owned()));
        }
        Ok(fault)
    }

    async fn after_write(&self, fault: WriteFault) -> Result<(), StoreError> {
        self.survive("after a write").await;
        if fault == WriteFault::TransientAfter {
            return Err(StoreError::Transient("simulated, written".to_owned()));
        }
        Ok(())
    }
}

impl<S: Store> Ports for Worker<'_, S> {
    type Store = Self;
    type Queue = Self;
    type Pipelines = Self;
    type Registry = Self;
    type Artifacts = Self;
    type Bus = Self;
    type Clock = Self;

    fn store(&self) -> &Self {
        self
    }

    fn queue(&self) -> &Self {
        self
    }

    fn pipelines(&self) -> &Self {
        self
    }

    fn registry(&self) -> &Self {
        self
    }

    fn artifacts(&self) -> &Self {
        self
    }

    fn bus(&self) -> &Self {
        self
    }

    fn clock(&self) -> &Self {
        self
    }

    fn time_limit_secs(&self) -> u64 {
        super::run::FUNCTION_SECS_MAX
    }
}

impl<S: Store> Store for Worker<'_, S> {
    async fn load_topology(&self) -> Result<Arc<Topology>, StoreError> {
        self.read().await?;
        self.simulation.store.load_topology().await
    }

    async fn is_restored(&self) -> Result<bool, StoreError> {
        self.read().await?;
        self.simulation.store.is_restored().await
    }

    async fn record_compared(&self) -> Result<(), StoreError> {
        self.simulation.store.record_compared().await
    }

    async fn record_topology(&self, topology: &Topology) -> Result<CommitOutcome, StoreError> {
        let fault = self.before_write().await?;
        if fault == WriteFault::Conflict {
            return Ok(CommitOutcome::Conflict);
        }
        let outcome = self.simulation.store.record_topology(topology).await?;
        {
            let mut world = self.world();
            let now = world.now;
            world.mirror.catalog_written(now);
            tell!(
                world,
                "function {}: topology r{} {outcome:?}",
                self.number,
                topology.revision
            );
        }
        self.after_write(fault).await?;
        Ok(outcome)
    }

    async fn load_applications(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Vec<ApplicationState>, StoreError> {
        self.read().await?;
        let states = self.simulation.store.load_applications(ids).await?;
        self.planted_states(states)
    }

    async fn list_applications(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.read().await?;
        self.simulation.store.list_applications(after, limit).await
    }

    async fn find_application_by_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Option<ApplicationId>, StoreError> {
        self.read().await?;
        self.simulation
            .store
            .find_application_by_pipeline(pipeline)
            .await
    }

    async fn record_registration(&self, registration: &Registration) -> Result<(), StoreError> {
        let fault = self.before_write().await?;
        let store = &self.simulation.store;
        store.record_registration(registration).await?;
        {
            let mut world = self.world();
            let now = world.now;
            world.mirror.register(registration, now);
            let id = &registration.application.id;
            tell!(world, "function {}: registers {id}", self.number);
        }
        self.after_write(fault).await
    }

    async fn remove_registration(&self, application: &ApplicationId) -> Result<(), StoreError> {
        let fault = self.before_write().await?;
        self.simulation
            .store
            .remove_registration(application)
            .await?;
        {
            let mut world = self.world();
            let now = world.now;
            world.mirror.unregister(application, now);
            tell!(world, "function {}: removes {application}", self.number);
        }
        self.after_write(fault).await
    }

    async fn load_dependencies(
        &self,
        application: &ApplicationId,
    ) -> Result<Vec<Dependency>, StoreError> {
        self.read().await?;
        self.simulation.store.load_dependencies(application).await
    }

    async fn load_edges(
        &self,
        application: &ApplicationId,
        packages: &BTreeSet<PackageId>,
    ) -> Result<Vec<Edge>, StoreError> {
        self.read().await?;
        self.simulation
            .store
            .load_edges(application, packages)
            .await
    }

    async fn load_dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> Result<EdgePage, StoreError> {
        self.read().await?;
        let limit = {
            let world = self.seen();
            let members = world.organisation.members.len();
            // Each page sends for the next one, again if it is repeated: a hundred in a row would never come to an end here.
            let page_max = world.faults.odds().page_max;
            limit.min(page_max.max(members / PAGES_MAX))
        };
        let store = &self.simulation.store;
        store.load_dependents(package, after, limit).await
    }

    async fn count_dependents(&self, package: &PackageId) -> Result<u64, StoreError> {
        self.read().await?;
        self.simulation.store.count_dependents(package).await
    }

    async fn load_inventory(&self, package: &PackageId) -> Result<PackageInventory, StoreError> {
        self.read().await?;
        let inventory = self.simulation.store.load_inventory(package).await?;
        Ok(self.planted_inventory(inventory))
    }

    async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        let fault = self.before_write().await?;
        let is_conditional =
            commit.slot.is_some() || commit.inventory.is_some() || commit.controls.is_some();
        if fault == WriteFault::Conflict && is_conditional {
            return Ok(CommitOutcome::Conflict);
        }
        let (outcome, commit) = self.write(self.planted_commit(commit)).await?;
        {
            let mut world = self.world();
            tell!(
                world,
                "function {}: {}",
                self.number,
                shown::commit(&commit, outcome)
            );
            if outcome == CommitOutcome::Done {
                world.committed(&commit);
            }
        }
        self.after_write(fault).await?;
        Ok(outcome)
    }

    async fn load_controls(&self) -> Result<Controls, StoreError> {
        self.read().await?;
        self.simulation.store.load_controls().await
    }

    async fn load_active_producers(&self) -> Result<Vec<ActiveProducer>, StoreError> {
        self.read().await?;
        let markers = self.simulation.store.load_active_producers().await?;
        Ok(self.planted_markers(markers))
    }

    async fn load_budget(&self, target: &Target) -> Result<BTreeSet<RebuildId>, StoreError> {
        self.read().await?;
        let held = self.simulation.store.load_budget(target).await?;
        Ok(self.planted_budget(held))
    }

    async fn list_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.read_index().await?;
        let due = self.simulation.store.list_due(now, limit).await?;
        Ok(self.planted_due(due))
    }

    async fn list_waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError> {
        self.read_index().await?;
        let store = &self.simulation.store;
        store.list_waiting(waiting_for, after, limit).await
    }

    async fn list_busy(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.read_index().await?;
        self.simulation.store.list_busy(after, limit).await
    }

    async fn record_heard(&self, heard: &[Heard]) -> Result<(), StoreError> {
        self.simulation.store.record_heard(heard).await
    }

    async fn load_heard(&self) -> Result<Vec<Heard>, StoreError> {
        self.simulation.store.load_heard().await
    }

    async fn load_rollouts(
        &self,
        changes: &[PackageVersionId],
    ) -> Result<Vec<Rollout>, StoreError> {
        self.read().await?;
        self.simulation.store.load_rollouts(changes).await
    }

    async fn list_rollouts(
        &self,
        after: Option<&PackageVersionId>,
        limit: usize,
    ) -> Result<Vec<PackageVersionId>, StoreError> {
        self.read().await?;
        self.simulation.store.list_rollouts(after, limit).await
    }

    async fn load_checkup(&self) -> Result<Checkup, StoreError> {
        self.simulation.store.load_checkup().await
    }

    async fn record_checkup(&self, checkup: &Checkup) -> Result<CommitOutcome, StoreError> {
        self.simulation.store.record_checkup(checkup).await
    }

    async fn load_history(
        &self,
        of: &HistoryOf,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.read().await?;
        self.simulation.store.load_history(of, limit).await
    }
}
