//! The embedded store as one that can be put back, as a backup of a deployment's table can.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use downriver_domain::slot::{ActiveProducer, Controls, WaitingFor};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    ApplicationId, Dependency, Edge, PackageInventory, Pipeline, RebuildId, Rollout, Target,
    Timestamp, Topology,
};
use downriver_engine::doctor::Checkup;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::{
    ApplicationState, Commit, CommitOutcome, EdgeCursor, EdgePage, Heard, HistoryOf, Registration,
    Store, StoreError,
};
use downriver_local::sqlite::SqliteStore;

#[derive(Debug)]
pub(super) struct Restorable {
    store: SqliteStore,
    is_restored: Cell<bool>,
    /// Calls that succeed before one breaks its function off.
    calls_left: Cell<Option<u32>>,
    /// A write that breaks off was made all the same.
    is_written: Cell<bool>,
}

impl Restorable {
    pub(super) fn new() -> Self {
        Self {
            store: SqliteStore::in_memory().expect("a store in memory opens"),
            is_restored: Cell::new(false),
            calls_left: Cell::new(None),
            is_written: Cell::new(false),
        }
    }

    /// From now on so many calls succeed; none after them, though the first write of those is made if `is_written`.
    pub(super) fn break_after(&self, calls: u32, is_written: bool) {
        self.calls_left.set(Some(calls));
        self.is_written.set(is_written);
    }

    pub(super) fn mend(&self) {
        self.calls_left.set(None);
    }

    fn step(&self) -> Result<(), StoreError> {
        match self.calls_left.get() {
            Some(0) => Err(StoreError::Transient("broken off".to_owned())),
            Some(left) => {
                self.calls_left.set(Some(left - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What becomes of a write, and whether it is made.
    fn write(&self) -> (Result<(), StoreError>, bool) {
        let step = self.step();
        let is_made = step.is_ok() || self.is_written.take();
        (step, is_made)
    }

    pub(super) fn back_up(&self) {
        self.store.begin_step().expect("a backup is made");
    }

    /// All that was written since the backup is gone.
    pub(super) fn put_back(&self) {
        self.store.abandon_step().expect("the backup is put back");
        self.is_restored.set(true);
    }
}

impl Store for Restorable {
    async fn is_restored(&self) -> Result<bool, StoreError> {
        Ok(self.is_restored.get())
    }

    async fn record_compared(&self) -> Result<(), StoreError> {
        self.is_restored.set(false);
        Ok(())
    }

    async fn load_topology(&self) -> Result<Arc<Topology>, StoreError> {
        self.step()?;
        self.store.load_topology().await
    }

    async fn record_topology(&self, topology: &Topology) -> Result<CommitOutcome, StoreError> {
        let (step, is_made) = self.write();
        let written = if is_made {
            Some(self.store.record_topology(topology).await?)
        } else {
            None
        };
        step?;
        Ok(written.expect("a write that succeeds is made"))
    }

    async fn load_applications(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Vec<ApplicationState>, StoreError> {
        self.step()?;
        self.store.load_applications(ids).await
    }

    async fn list_applications(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.store.list_applications(after, limit).await
    }

    async fn find_application_by_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Option<ApplicationId>, StoreError> {
        self.store.find_application_by_pipeline(pipeline).await
    }

    async fn record_registration(&self, registration: &Registration) -> Result<(), StoreError> {
        let (step, is_made) = self.write();
        if is_made {
            self.store.record_registration(registration).await?;
        }
        step
    }

    async fn remove_registration(&self, application: &ApplicationId) -> Result<(), StoreError> {
        self.store.remove_registration(application).await
    }

    async fn load_dependencies(
        &self,
        application: &ApplicationId,
    ) -> Result<Vec<Dependency>, StoreError> {
        self.step()?;
        self.store.load_dependencies(application).await
    }

    async fn load_edges(
        &self,
        application: &ApplicationId,
        packages: &BTreeSet<PackageId>,
    ) -> Result<Vec<Edge>, StoreError> {
        self.step()?;
        self.store.load_edges(application, packages).await
    }

    async fn load_dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> Result<EdgePage, StoreError> {
        self.store.load_dependents(package, after, limit).await
    }

    async fn count_dependents(&self, package: &PackageId) -> Result<u64, StoreError> {
        self.store.count_dependents(package).await
    }

    async fn load_inventory(&self, package: &PackageId) -> Result<PackageInventory, StoreError> {
        self.step()?;
        self.store.load_inventory(package).await
    }

    async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        let (step, is_made) = self.write();
        let written = if is_made {
            Some(self.store.commit(commit).await?)
        } else {
            None
        };
        step?;
        Ok(written.expect("a write that succeeds is made"))
    }

    async fn load_controls(&self) -> Result<Controls, StoreError> {
        self.step()?;
        self.store.load_controls().await
    }

    async fn load_active_producers(&self) -> Result<Vec<ActiveProducer>, StoreError> {
        self.store.load_active_producers().await
    }

    async fn load_budget(&self, target: &Target) -> Result<BTreeSet<RebuildId>, StoreError> {
        self.store.load_budget(target).await
    }

    async fn list_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.store.list_due(now, limit).await
    }

    async fn list_busy(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.store.list_busy(after, limit).await
    }

    async fn record_heard(&self, heard: &[Heard]) -> Result<(), StoreError> {
        self.store.record_heard(heard).await
    }

    async fn load_heard(&self) -> Result<Vec<Heard>, StoreError> {
        self.store.load_heard().await
    }

    async fn load_rollouts(
        &self,
        changes: &[PackageVersionId],
    ) -> Result<Vec<Rollout>, StoreError> {
        self.store.load_rollouts(changes).await
    }

    async fn list_rollouts(
        &self,
        after: Option<&PackageVersionId>,
        limit: usize,
    ) -> Result<Vec<PackageVersionId>, StoreError> {
        self.store.list_rollouts(after, limit).await
    }

    async fn load_checkup(&self) -> Result<Checkup, StoreError> {
        self.store.load_checkup().await
    }

    async fn record_checkup(&self, checkup: &Checkup) -> Result<CommitOutcome, StoreError> {
        self.store.record_checkup(checkup).await
    }

    async fn load_history(
        &self,
        of: &HistoryOf,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.step()?;
        self.store.load_history(of, limit).await
    }

    async fn list_waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError> {
        self.store.list_waiting(waiting_for, after, limit).await
    }
}
