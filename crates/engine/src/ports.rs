//! The ports: what the engine asks of the world. Two families of adapters exist, on AWS and embedded; the store has one
//! conformance suite for both.
#![expect(
    async_fn_in_trait,
    reason = "adapters are concrete types; nothing needs these futures to be Send in general"
)]

mod artifacts;
mod outside;
mod policies;
mod setup;

pub use artifacts::{
    Artifacts, SourceFiles, SourceRead, UPLOAD_BYTES_MAX, UPLOADS_MAX, Upload, UploadError,
};
pub use downriver_domain::slot::FailedStage;
pub use outside::{
    Execution, ExecutionStatus, ListedVersion, Pipelines, REQUESTS_BUS, ReadError, Registry,
    StartError, StartExecution, Trigger,
};
pub use policies::{Policies, PutOutcome, StandingPolicy};

pub use setup::{
    DeclaredPipeline, DeclaredVariable, DisabledTransition, ExecutionMode, OriginControls, Setup,
};

use std::collections::BTreeSet;
use std::sync::Arc;

use downriver_domain::slot::{ActiveProducer, Controls, Slot, WaitingFor};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, Application, ApplicationId, Built, Dependency, DomainName, Edge, OwnerId,
    PackageInventory, Pipeline, PipelineExecutionId, RebuildId, RepositoryId, RepositoryInventory,
    Rollout, Target, Timestamp, Topology, WeeklySummary,
};

use crate::doctor::{Check, Checkup};
use crate::history::{HistoryEntry, Outcome};

/// The largest number of ids in one [`Store::load_applications`] (DynamoDB's BatchGetItem reads 100 keys).
pub const LOAD_APPLICATIONS_MAX: usize = 50;
/// The largest number of changes in one [`Store::load_rollouts`].
pub const LOAD_ROLLOUTS_MAX: usize = 100;
/// Edges in one page of dependents.
pub const DEPENDENTS_PAGE_MAX: usize = 500;

/// How exactly the last event of a domain is known, in seconds.
pub const HEARD_EVERY_SECS: u64 = 300;

/// Why a store call failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, timed out, or the connection broke: a write may or may not have happened; repeat it.
    #[error("the store did not answer in time: {0}")]
    Transient(String),
    /// Repeating cannot help.
    #[error("the store refused: {0}")]
    Permanent(String),
}

/// An application with its slot: one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationState {
    pub application: Application,
    pub slot: Slot,
    /// False once it was taken out of the catalog; what runs is tracked to its end.
    pub is_registered: bool,
}

/// A page of dependents, producers first, then by application id and instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgePage {
    pub edges: Vec<Edge>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<EdgeCursor>,
}

/// Position in the dependents of a package: edges after this one, in order (producers first, application, instance).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EdgeCursor {
    /// `false` sorts first: producers.
    pub is_consumer: bool,
    pub application: ApplicationId,
    pub instance: u32,
}

/// One transaction. Everything in it happens or nothing does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// The new slot; its `revision` is one more than that of the record it replaces (which must still stand).
    pub slot: Option<Slot>,
    pub marker: Option<MarkerWrite>,
    pub budget: Option<BudgetWrite>,
    /// New built versions of edges. An edge that is gone is left out silently.
    pub built: Vec<BuiltWrite>,
    /// Its `record_revision` is one more than that of the record it replaces.
    pub inventory: Option<RepositoryInventory>,
    /// `revision` one more than that of the record it replaces.
    pub controls: Option<Controls>,
    /// `revision` one more than that of the record it replaces.
    pub rollout: Option<Rollout>,
    pub history: Vec<HistoryEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkerWrite {
    Put(ActiveProducer),
    Remove(ApplicationId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BudgetWrite {
    /// Holding the id already counts as taken.
    Take {
        target: Target,
        rebuild: RebuildId,
        executions_in_flight_max: u32,
    },
    Return {
        target: Target,
        rebuild: RebuildId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltWrite {
    pub application: ApplicationId,
    pub package: PackageId,
    pub instance: u32,
    pub built: Built,
    pub built_as_of: Timestamp,
    pub built_revision: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    Done,
    /// A record was written by somebody else in between: load again, decide again.
    Conflict,
    /// The target has no room; nothing was written.
    BudgetFull,
}

/// A domain's last accepted event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    pub domain_owner: AccountId,
    pub domain: DomainName,
    /// When it was accepted.
    pub at: Timestamp,
}

/// What `catalog apply` writes for one application, atomically for readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub application: Application,
    pub dependencies: Vec<Dependency>,
}

/// The store: DESIGN 7. Reads of slots, markers, budgets and controls are strongly consistent.
pub trait Store {
    /// Read by every use case; an adapter decodes it once for each revision.
    async fn load_topology(&self) -> Result<Arc<Topology>, StoreError>;

    /// Whether this is a backup that was put in the place of the store it was taken from, and nobody compared it with
    /// CodePipeline yet. Until then nothing may start: it may have run since. Read before every start; an adapter may
    /// remember a no, since a store is put back before its first use.
    async fn is_restored(&self) -> Result<bool, StoreError>;

    /// It was compared: from now on [`Store::is_restored`] says no.
    async fn record_compared(&self) -> Result<(), StoreError>;

    /// Replaces the topology if `topology.revision - 1` still stands.
    async fn record_topology(&self, topology: &Topology) -> Result<CommitOutcome, StoreError>;

    /// Those of `ids` (at most [`LOAD_APPLICATIONS_MAX`]) that exist, in the order of `ids`; removed ones that still
    /// have a slot included. One that never had a slot comes with [`Slot::new`].
    async fn load_applications(
        &self,
        ids: &[ApplicationId],
    ) -> Result<Vec<ApplicationState>, StoreError>;

    /// Registered applications in order of id, after `after`, at most `limit`.
    async fn list_applications(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError>;

    /// The application whose pipeline this is, registered or removed.
    async fn find_application_by_pipeline(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Option<ApplicationId>, StoreError>;

    /// Registers or replaces an application and all its dependencies; readers never see a mix. The slot stays.
    async fn record_registration(&self, registration: &Registration) -> Result<(), StoreError>;

    /// Takes an application and its edges out of the catalog; its slot stays.
    async fn remove_registration(&self, application: &ApplicationId) -> Result<(), StoreError>;

    /// All dependencies of an application.
    async fn load_dependencies(
        &self,
        application: &ApplicationId,
    ) -> Result<Vec<Dependency>, StoreError>;

    /// The edges of one application to some packages, in order of package and instance.
    async fn load_edges(
        &self,
        application: &ApplicationId,
        packages: &BTreeSet<PackageId>,
    ) -> Result<Vec<Edge>, StoreError>;

    /// One page of the dependents of a package, at most `limit` edges; the edges of one application are never split
    /// over two pages unless they alone exceed the limit.
    async fn load_dependents(
        &self,
        package: &PackageId,
        after: Option<&EdgeCursor>,
        limit: usize,
    ) -> Result<EdgePage, StoreError>;

    /// How many applications depend on a package.
    async fn count_dependents(&self, package: &PackageId) -> Result<u64, StoreError>;

    async fn load_inventory(&self, package: &PackageId) -> Result<PackageInventory, StoreError>;

    async fn commit(&self, commit: &Commit) -> Result<CommitOutcome, StoreError>;

    async fn load_controls(&self) -> Result<Controls, StoreError>;

    async fn load_active_producers(&self) -> Result<Vec<ActiveProducer>, StoreError>;

    /// The rebuilds that hold a place in a target's budget.
    async fn load_budget(&self, target: &Target) -> Result<BTreeSet<RebuildId>, StoreError>;

    /// Those of these changes (at most [`LOAD_ROLLOUTS_MAX`]) that have a rollout, in no particular order. Strongly consistent.
    async fn load_rollouts(&self, changes: &[PackageVersionId])
    -> Result<Vec<Rollout>, StoreError>;

    /// Changes whose rollout is not over, after `after` in an order of the store's own, at most `limit`.
    async fn list_rollouts(
        &self,
        after: Option<&PackageVersionId>,
        limit: usize,
    ) -> Result<Vec<PackageVersionId>, StoreError>;

    /// Slots whose `wake_at` is at or before `now`, earliest first.
    async fn list_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError>;

    /// Slots that something else than time wakes, longest waiting first (by their rebuild's `requested_at`).
    async fn list_waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError>;

    /// Slots that are not Idle, in order of application id.
    async fn list_busy(
        &self,
        after: Option<&ApplicationId>,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError>;

    /// Events of these domains were accepted. An instant that is less than [`HEARD_EVERY_SECS`] after one that this store
    /// recorded may be left out: nobody asks for it to the second.
    async fn record_heard(&self, heard: &[Heard]) -> Result<(), StoreError>;

    /// One for each domain of which an event was ever accepted, in order.
    async fn load_heard(&self) -> Result<Vec<Heard>, StoreError>;

    /// What `sweep` last found by its checks.
    async fn load_checkup(&self) -> Result<Checkup, StoreError>;

    /// Replaces it if `checkup.revision - 1` still stands.
    async fn record_checkup(&self, checkup: &Checkup) -> Result<CommitOutcome, StoreError>;

    /// Newest first.
    async fn load_history(
        &self,
        of: &HistoryOf,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryOf {
    Application(ApplicationId),
    PackageVersion(PackageVersionId),
}

/// A message to be delivered to the engine at `at`: an SQS message, delayed where `at` is ahead. One that carries a slot
/// revision does nothing if the slot has moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    pub application: ApplicationId,
    pub slot_revision: u64,
    pub at: Timestamp,
}

/// The rest of a package's dependents, to be judged on these changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvePage {
    pub package: PackageId,
    pub changes: Vec<PageChange>,
    pub after: Option<EdgeCursor>,
}

/// A change of the page's package, as the page needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageChange {
    pub package_version: PackageVersionId,
    pub repository: RepositoryId,
    pub seen_at: Timestamp,
    /// The event changed the inventory: verdicts are written down and people are told, not only rebuilds requested.
    pub is_news: bool,
}

/// A queue did not take a message.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take the message: {0}")]
pub struct QueueError(pub String);

/// Messages to ourselves: delayed ones are the timers of waits up to [`Queue::DELAY_SECS_MAX`]; a longer wait is the due
/// record in the slot, which `sweep` reads.
pub trait Queue {
    /// The longest delay of an SQS message.
    const DELAY_SECS_MAX: u64 = 900;

    async fn send_timer(&self, timer: &Timer) -> Result<(), QueueError>;

    async fn send_page(&self, page: &ResolvePage) -> Result<(), QueueError>;

    /// What this execution built is to be read.
    async fn send_read(&self, request: &ReadRequest) -> Result<(), QueueError>;

    /// The graph of repositories is to be read anew.
    async fn send_repositories(&self) -> Result<(), QueueError>;
}

/// Asks for what a successful execution built to be read, from what it uploaded and from its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    pub application: ApplicationId,
    pub execution: PipelineExecutionId,
}

/// What is told to people and dashboards; see `events/schemas`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub at: Timestamp,
    /// Whom it is told to: the owner of the application as the catalog now says. `None`: what concerns no application.
    pub owner: Option<OwnerId>,
    pub application: Option<ApplicationId>,
    pub rebuild: Option<RebuildId>,
    pub package_version: Option<PackageVersionId>,
    pub is_urgent: bool,
    /// One plain sentence.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    RebuildRequested,
    RebuildStarted,
    /// How its execution ended; `Pending`: it is tried again.
    RebuildEnded(Outcome),
    RebuildStuck,
    RebuildParked,
    ManifestChangeNeeded,
    VersionWithdrawn,
    Regressed,
    CascadeStopped,
    /// What was built holds what the rebuild was for, or not, or nothing tells: `Delivered`, `NotPickedUp` or `Unproven`.
    RebuildProof(Outcome),
    /// What a week brought to all applications of an owner.
    WeeklySummary(WeeklySummary),
    /// `sweep` found by its checks that something does not work.
    DoctorFinding(Check),
    /// Too many applications failed with a change: nothing more starts for it.
    ChangeHalted,
    /// A change beyond a limit waits for a person.
    ApprovalNeeded,
    /// An application was rebuilt as often as its limit for a day allows.
    LimitReached,
}

pub trait Bus {
    /// Publishing is best effort: what is told also stands in the history.
    async fn publish(&self, notices: &[Notice]) -> Result<(), QueueError>;
}

pub trait Clock {
    fn now(&self) -> Timestamp;
}

/// All ports of one deployment.
pub trait Ports {
    type Store: Store;
    type Queue: Queue;
    type Pipelines: Pipelines;
    type Registry: Registry;
    type Artifacts: Artifacts;
    type Bus: Bus;
    type Clock: Clock;

    fn store(&self) -> &Self::Store;
    fn queue(&self) -> &Self::Queue;
    fn pipelines(&self) -> &Self::Pipelines;
    fn registry(&self) -> &Self::Registry;
    fn artifacts(&self) -> &Self::Artifacts;
    fn bus(&self) -> &Self::Bus;
    fn clock(&self) -> &Self::Clock;

    /// Shadow mode of the whole deployment: everything is decided and recorded, nothing starts. The catalog may say so too.
    fn is_shadow(&self) -> bool {
        false
    }

    /// Whether [`Ports::registry`] knows more than the events that come in. If it is made of those, there is nothing to find in
    /// it, and `sweep` does not compare.
    fn has_registry_of_its_own(&self) -> bool {
        true
    }

    /// How long the function that calls may work before it is killed, in seconds. An intent to start is nobody else's until
    /// this and a margin have passed, and `sweep` ends in time for it. Too long only delays the repair of what died; too
    /// short lets two make the same call. The default is the longest of all functions, `sweep`'s own.
    fn time_limit_secs(&self) -> u64 {
        300
    }

    /// Called with each commit that was carried out: every decision is in its history. For logs and metrics; must not fail.
    fn observe(&self, _commit: &Commit) {}
}
