//! The store on one SQLite file.
//!
//! It owns the file: schema, transactions, indexes. What is in a record is the engine's stored form, the same as in
//! every other backend; only what is searched for stands in columns. Several processes may use one file at once: each
//! write is one immediate transaction, and a writer that waits too long is a transient error. A process that is killed
//! leaves the last commit.

mod commits;
mod edges;
mod error;
mod history;
mod interned;
mod records;
mod registrations;
mod rollouts;
mod schema;
mod simulation;
mod slots;
mod transaction;

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

pub use self::error::OpenError;
pub use self::history::NumberedEntry;
use self::transaction::{Session, Settled};

/// A store in one file, or in memory. Its calls do not wait for anything but the file; they block the thread.
#[derive(Debug)]
pub struct SqliteStore {
    session: Mutex<Session>,
}

impl SqliteStore {
    /// Opens or creates the store in `path`, and brings an older one up to date.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        schema::open(path).map(Self::over)
    }

    /// A new store that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, OpenError> {
        schema::open_in_memory().map(Self::over)
    }

    /// Registers many applications in one transaction; see [`Store::record_registration`].
    pub fn record_registrations<R: Borrow<Registration>>(
        &self,
        registrations: impl IntoIterator<Item = R>,
    ) -> Result<(), StoreError> {
        self.session().write(|connection, interned| {
            registrations::record_all(connection, interned, registrations).map(Settled::Keep)
        })
    }

    /// Begins a step: until [`Self::end_step`] every commit is only provisional, and a process that is killed is back
    /// at the end of the step before. Other writers of the file wait. For one user of the store at a time.
    pub fn begin_step(&self) -> Result<(), StoreError> {
        self.session().begin_step()
    }

    /// Makes everything since [`Self::begin_step`] last.
    pub fn end_step(&self) -> Result<(), StoreError> {
        self.session().end_step()
    }

    /// Undoes everything since [`Self::begin_step`].
    pub fn abandon_step(&self) -> Result<(), StoreError> {
        self.session().abandon_step()
    }

    /// What the simulated world keeps beside the store, in order of key.
    pub fn load_simulation_rows(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.session()
            .read(|connection, _| simulation::load_rows(connection))
    }

    /// One row of the simulated world.
    pub fn load_simulation_row(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.session()
            .read(|connection, _| simulation::load_row(connection, key))
    }

    /// Sets rows of the simulated world, or deletes those without a value.
    pub fn record_simulation_rows(
        &self,
        rows: &[(String, Option<String>)],
    ) -> Result<(), StoreError> {
        self.session()
            .write(|connection, _| simulation::record_rows(connection, rows).map(Settled::Keep))
    }

    /// Entries of the history in the order in which they were written, after the one numbered `after` (0: from the
    /// beginning), at most `limit`.
    pub fn load_whole_history(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<NumberedEntry>, StoreError> {
        self.session()
            .read(|connection, _| history::load_whole(connection, after, limit))
    }

    /// The last entry of each rebuild, in the order in which those were written, after the one numbered `after`, at
    /// most `limit`.
    pub fn load_rebuilds(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<NumberedEntry>, StoreError> {
        self.session()
            .read(|connection, _| history::load_rebuilds(connection, after, limit))
    }

    fn over(session: Session) -> Self {
        Self {
            session: Mutex::new(session),
        }
    }

    /// A thread that panicked within a call left at most an open transaction, which the next write rolls back.
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SqliteStore {
    async fn load_topology(&self) -> Result<Arc<Topology>, StoreError> {
        self.session().read(records::load_topology)
    }

    /// A replay lives in this file together with all that it simulates: a copy of the one is a copy of the other.
    async fn is_restored(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn record_compared(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn record_topology(&self, topology: &Topology) -> Result<CommitOutcome, StoreError> {
        self.session()
            .write(|connection, _| records::record_topology(connection, topology))
    }

    async fn load_applications(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Vec<ApplicationState>, StoreError> {
        self.session()
            .read(|connection, _| registrations::load_applications(connection, ids))
    }

    async fn list_applications(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.session()
            .read(|connection, _| registrations::list_applications(connection, after, limit))
    }

    async fn find_application_by_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Option<ApplicationId>, StoreError> {
        self.session()
            .read(|connection, _| registrations::find_by_pipeline(connection, pipeline))
    }

    async fn record_registration(&self, registration: &Registration) -> Result<(), StoreError> {
        self.record_registrations([registration])
    }

    async fn remove_registration(&self, application: &ApplicationId) -> Result<(), StoreError> {
        self.session().write(|connection, _| {
            registrations::remove(connection, application).map(Settled::Keep)
        })
    }

    async fn load_dependencies(
        &self,
        application: &ApplicationId,
    ) -> Result<Vec<Dependency>, StoreError> {
        self.session().read(|connection, interned| {
            edges::load_dependencies(connection, interned, application)
        })
    }

    async fn load_edges(
        &self,
        application: &ApplicationId,
        packages: &BTreeSet<PackageId>,
    ) -> Result<Vec<Edge>, StoreError> {
        self.session().read(|connection, interned| {
            edges::load_edges(connection, interned, application, packages)
        })
    }

    async fn load_dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> Result<EdgePage, StoreError> {
        self.session().read(|connection, interned| {
            edges::load_dependents(connection, interned, package, after, limit)
        })
    }

    async fn count_dependents(&self, package: &PackageId) -> Result<u64, StoreError> {
        self.session()
            .read(|connection, interned| edges::count_dependents(connection, interned, package))
    }

    async fn load_inventory(&self, package: &PackageId) -> Result<PackageInventory, StoreError> {
        self.session()
            .read(|connection, interned| records::load_inventory(connection, interned, package))
    }

    async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        self.session()
            .write(|connection, interned| commits::commit(connection, interned, commit))
    }

    async fn load_controls(&self) -> Result<Controls, StoreError> {
        self.session()
            .read(|connection, _| records::load_controls(connection))
    }

    async fn load_active_producers(&self) -> Result<Vec<ActiveProducer>, StoreError> {
        self.session()
            .read(|connection, _| records::load_active_producers(connection))
    }

    async fn load_budget(&self, target: &Target) -> Result<BTreeSet<RebuildId>, StoreError> {
        self.session()
            .read(|connection, _| records::load_budget(connection, target))
    }

    async fn list_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.session()
            .read(|connection, _| slots::list_due(connection, now, limit))
    }

    async fn list_waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError> {
        self.session()
            .read(|connection, _| slots::list_waiting(connection, waiting_for, after, limit))
    }

    async fn list_busy(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        self.session()
            .read(|connection, _| slots::list_busy(connection, after, limit))
    }

    async fn record_heard(&self, heard: &[Heard]) -> Result<(), StoreError> {
        self.session()
            .write(|connection, _| records::record_heard(connection, heard).map(Settled::Keep))
    }

    async fn load_heard(&self) -> Result<Vec<Heard>, StoreError> {
        self.session()
            .read(|connection, _| records::load_heard(connection))
    }

    async fn load_rollouts(
        &self,
        changes: &[PackageVersionId],
    ) -> Result<Vec<Rollout>, StoreError> {
        self.session()
            .read(|connection, _| rollouts::load(connection, changes))
    }

    async fn list_rollouts(
        &self,
        after: Option<&PackageVersionId>,
        limit: usize,
    ) -> Result<Vec<PackageVersionId>, StoreError> {
        self.session()
            .read(|connection, _| rollouts::list_open(connection, after, limit))
    }

    async fn load_checkup(&self) -> Result<Checkup, StoreError> {
        self.session()
            .read(|connection, _| records::load_checkup(connection))
    }

    async fn record_checkup(&self, checkup: &Checkup) -> Result<CommitOutcome, StoreError> {
        self.session()
            .write(|connection, _| records::record_checkup(connection, checkup))
    }

    async fn load_history(
        &self,
        of: &HistoryOf,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.session()
            .read(|connection, _| history::load(connection, of, limit))
    }
}
