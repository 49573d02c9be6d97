//! The store on one DynamoDB table.
//!
//! It owns the table: keys, indexes, conditions, transactions. What is in a record is the engine's stored form, the same
//! as in every other backend, compressed where that saves write units; only what is searched for or compared stands in
//! attributes of its own. Readers ignore attributes they do not know.
//!
//! | item | `pk` | `sk` | attributes |
//! |---|---|---|---|
//! | application and slot | `app#ID` | `state` | `app_body`, `is_registered`; `slot_body`, `slot_revision`, `slot_write`; keys of the indexes |
//! | head of its edges | `app#ID` | `edges` | `body` (packages with generations), `generation`, `is_producer`, `pending`, `write_name` |
//! | edges to a package | `pkg#PACKAGE` | `0#ID` producer, `1#ID` consumer | `e`, `g`, `w`; open mark: `ne`, `ng` |
//! | inventory | `inv#PACKAGE` | `REPOSITORY` | `revision`, `body` or `parts`, `write_name` |
//! | topology | `topology` | `head` | the same |
//! | part of either | as its head | `…~REVISION~NUMBER` | `part` |
//! | controls | `controls` | `head` | `revision`, `body`, `write_name` |
//! | rollout | `rollout#PACKAGE/VERSION` | `head` | `change`, `revision`, `body`, `write_name`; while open: keys of an index; once over: `expires_at` |
//! | active producer | `producers` | `ID` | `body` |
//! | budget | `budget#TARGET` | `holders` | `holders`: a set of rebuild ids |
//! | registered application | `applications` | `ID` | |
//! | pipeline | `pipeline#PIPELINE` | `ID` | `is_registered` |
//! | history | `history#ID`, `version#PACKAGE/VERSION` | `TIME#SLOT REVISION#PLACE#HASH` | `body`, `expires_at` |
//! | whose table this is | `table` | `identity` | `table_id` |
//!
//! Three sparse indexes of keys only, on `state`: `due` (`due#SHARD`, `TIME#ID`), `busy` (`busy#SHARD`, `ID`), `waiting`
//! (what for, `TIME#ID`). In `busy` also stand the rollouts that are open (`rollouts`, a hash of the change). They are eventually consistent: what they miss is found by the next sweep, what they still
//! list does nothing when its slot is read.
//!
//! Every conditional record names the write it stands from. A write whose answer was lost is tried again under the same
//! name; if then its condition fails on a record of that name, it was done. A transaction that another one disturbs is
//! tried again a few times, then it is a conflict; one that is throttled is transient in the end.
//!
//! `docs/adr/0004-one-dynamodb-table.md` says what each access costs, and why it is so.

mod checkups;
mod commits;
mod edges;
mod history;
mod inventories;
mod item;
mod keys;
mod nonce;
mod parts;
mod records;
mod registrations;
mod rollouts;
mod slots;
mod table;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
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

use self::checkups::HeardCache;
use self::records::TopologyCache;
use self::table::Table;

/// A store in one table. Made once for each process: it keeps the topology it decoded last.
#[derive(Debug)]
pub struct DynamoStore {
    table: Table,
    topology: TopologyCache,
    heard: HeardCache,
    /// The table was found to be the one that this store belongs to.
    is_own: AtomicBool,
    history_retention_days: u32,
}

impl DynamoStore {
    /// Entries of the history are kept for `history_retention_days` from their time on.
    pub fn new(client: Client, table: String, history_retention_days: u32) -> Self {
        Self {
            table: Table::new(client, table),
            topology: TopologyCache::default(),
            heard: HeardCache::default(),
            is_own: AtomicBool::new(false),
            history_retention_days,
        }
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        self.table.name()
    }
}

impl Store for DynamoStore {
    async fn load_topology(&self) -> Result<Arc<Topology>, StoreError> {
        records::load_topology(&self.table, &self.topology).await
    }

    /// A restored table has an id of its own, and holds that of the table it was taken from. DynamoDB is asked once.
    async fn is_restored(&self) -> Result<bool, StoreError> {
        if self.is_own.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let is_restored = records::is_restored(&self.table).await?;
        self.is_own.store(!is_restored, Ordering::Relaxed);
        Ok(is_restored)
    }

    async fn record_compared(&self) -> Result<(), StoreError> {
        records::record_compared(&self.table).await
    }

    async fn record_topology(&self, topology: &Topology) -> Result<CommitOutcome, StoreError> {
        records::record_topology(&self.table, topology).await
    }

    async fn load_applications(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Vec<ApplicationState>, StoreError> {
        slots::load_applications(&self.table, ids).await
    }

    async fn list_applications(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        registrations::list(&self.table, after, limit).await
    }

    async fn find_application_by_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Option<ApplicationId>, StoreError> {
        registrations::find_by_pipeline(&self.table, pipeline).await
    }

    async fn record_registration(&self, registration: &Registration) -> Result<(), StoreError> {
        let id = &registration.application.id;
        registrations::record(&self.table, id, Some(registration)).await
    }

    async fn remove_registration(&self, application: &ApplicationId) -> Result<(), StoreError> {
        registrations::record(&self.table, application, None).await
    }

    async fn load_dependencies(
        &self,
        application: &ApplicationId,
    ) -> Result<Vec<Dependency>, StoreError> {
        edges::load_dependencies(&self.table, application).await
    }

    async fn load_edges(
        &self,
        application: &ApplicationId,
        packages: &BTreeSet<PackageId>,
    ) -> Result<Vec<Edge>, StoreError> {
        edges::load_edges(&self.table, application, packages).await
    }

    async fn load_dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> Result<EdgePage, StoreError> {
        edges::load_dependents(&self.table, package, after, limit).await
    }

    async fn count_dependents(&self, package: &PackageId) -> Result<u64, StoreError> {
        edges::count_dependents(&self.table, package).await
    }

    async fn load_inventory(&self, package: &PackageId) -> Result<PackageInventory, StoreError> {
        inventories::load_inventory(&self.table, package).await
    }

    async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        commits::commit(&self.table, self.history_retention_days, commit).await
    }

    async fn load_controls(&self) -> Result<Controls, StoreError> {
        records::load_controls(&self.table).await
    }

    async fn load_active_producers(&self) -> Result<Vec<ActiveProducer>, StoreError> {
        records::load_active_producers(&self.table).await
    }

    async fn load_budget(&self, target: &Target) -> Result<BTreeSet<RebuildId>, StoreError> {
        records::load_budget(&self.table, target).await
    }

    async fn list_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        slots::list_due(&self.table, now, limit).await
    }

    async fn list_waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError> {
        slots::list_waiting(&self.table, waiting_for, after, limit).await
    }

    async fn list_busy(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        slots::list_busy(&self.table, after, limit).await
    }

    async fn record_heard(&self, heard: &[Heard]) -> Result<(), StoreError> {
        checkups::record_heard(&self.table, &self.heard, heard).await
    }

    async fn load_heard(&self) -> Result<Vec<Heard>, StoreError> {
        checkups::load_heard(&self.table).await
    }

    async fn load_rollouts(
        &self,
        changes: &[PackageVersionId],
    ) -> Result<Vec<Rollout>, StoreError> {
        rollouts::load(&self.table, changes).await
    }

    async fn list_rollouts(
        &self,
        after: Option<&PackageVersionId>,
        limit: usize,
    ) -> Result<Vec<PackageVersionId>, StoreError> {
        rollouts::list_open(&self.table, after, limit).await
    }

    async fn load_checkup(&self) -> Result<Checkup, StoreError> {
        checkups::load_checkup(&self.table).await
    }

    async fn record_checkup(&self, checkup: &Checkup) -> Result<CommitOutcome, StoreError> {
        checkups::record_checkup(&self.table, checkup).await
    }

    async fn load_history(
        &self,
        of: &HistoryOf,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        history::load(&self.table, of, limit).await
    }
}
