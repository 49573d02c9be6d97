//! The ports: what the engine asks of the world. Two families of adapters exist, on AWS and embedded; the store has one
//! conformance suite for both.
#![expect(
    async_fn_in_trait,
    reason = "adapters are concrete types; nothing needs these futures to be Send in general"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use downriver_domain::slot::{ActiveProducer, Controls, Slot, WaitingFor};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, Application, ApplicationId, AttemptId, Built, ClientRequestToken, Dependency,
    DomainName, Edge, Origin, PackageInventory, Pipeline, PipelineExecutionId, RebuildId,
    Repository, RepositoryId, RepositoryInventory, Target, Timestamp, Topology, VersionStatus,
};

use crate::history::HistoryEntry;

/// The largest number of ids in one [`Store::load_applications`] (DynamoDB's BatchGetItem reads 100 keys).
pub const LOAD_APPLICATIONS_MAX: usize = 50;
/// Edges in one page of dependents.
pub const DEPENDENTS_PAGE_MAX: usize = 500;

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

/// Files that a build uploaded about one execution and that are read, the best first.
pub const UPLOADS_MAX: usize = 20;
/// The largest upload that is read.
pub const UPLOAD_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file that a build uploaded: an SBOM, or a report of what was built as a message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The object's name behind application and execution.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What became of an execution's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceRead {
    Files(SourceFiles),
    /// The source artifact is a full clone: only a reference to the commit, no files.
    CloneReference,
    /// There is nothing to read; why, as people would say it.
    Nothing(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFiles {
    /// The artifact, for people: `s3://bucket/key`.
    pub location: String,
    /// Paths from the root of the source, and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// Read of the artifact, and its size.
    pub bytes_read: u64,
    pub bytes_total: u64,
}

/// An upload could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("the report was not kept: {0}")]
pub struct UploadError(pub String);

/// What builds leave behind: uploads in the deployment's bucket, and the pipelines' source artifacts.
pub trait Artifacts {
    /// What the build uploaded about this execution, best first, at most [`UPLOADS_MAX`], each at most
    /// [`UPLOAD_BYTES_MAX`]. Those whose names do not say the execution count if they came between `since` and `until`.
    async fn load_uploads(
        &self,
        application: &ApplicationId,
        execution: &PipelineExecutionId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Upload>, ReadError>;

    /// Keeps a report that came before its execution's end; [`Artifacts::load_uploads`] gives it back. Another one of the
    /// same name is replaced.
    async fn store_upload(
        &self,
        application: &ApplicationId,
        execution: &PipelineExecutionId,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<(), UploadError>;

    /// The files that `choose` picks from the listing of the execution's source.
    async fn load_source(
        &self,
        pipeline: &Pipeline,
        execution: &PipelineExecutionId,
        choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError>;
}

/// One StartPipelineExecution call; repeating it with the same values is the same call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartExecution {
    pub pipeline: Pipeline,
    /// The role session's name.
    pub attempt: AttemptId,
    pub token: ClientRequestToken,
    pub variables: Vec<(String, String)>,
}

/// Why an execution was not started, or that it is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("throttled by CodePipeline")]
    Throttled,
    #[error("the pipeline is busy or at its limit of concurrent executions")]
    Busy,
    /// Timed out or broke off: it may have started.
    #[error("no answer: {0}")]
    Unknown(String),
    #[error("the pipeline does not exist")]
    NotFound,
    #[error("access denied: {0}")]
    Denied(String),
    #[error("refused as invalid: {0}")]
    Invalid(String),
}

/// `PipelineExecutionStatus` of the service model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Superseded,
    Failed,
    Cancelled,
}

/// An execution as CodePipeline reports it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub id: PipelineExecutionId,
    pub status: ExecutionStatus,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
    pub trigger: Trigger,
    /// The execution that a ROLLBACK returns to.
    pub rollback_target: Option<PipelineExecutionId>,
    /// For a failed one: the failing stage, and whether it comes before the first stage with a Deploy action.
    pub failed_stage: Option<FailedStage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStage {
    pub name: String,
    /// The first stage with a Deploy action was not reached, or there is none.
    pub is_before_deploy: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// StartPipelineExecution by a role session of this name.
    Session(String),
    /// `CloudWatchEvent`: an EventBridge rule.
    Rule,
    Other(String),
}

/// Why CodePipeline or CodeArtifact could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("not found")]
    NotFound,
    #[error("access denied: {0}")]
    Denied(String),
    #[error("no answer: {0}")]
    Transient(String),
}

pub trait Pipelines {
    async fn start_execution(
        &self,
        start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError>;

    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        id: &PipelineExecutionId,
    ) -> Result<Execution, ReadError>;

    /// Executions started at or after `since`, newest first, at most `limit`.
    async fn list_executions(
        &self,
        pipeline: &Pipeline,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Execution>, ReadError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    pub version: String,
    pub status: VersionStatus,
    pub revision: Option<String>,
    pub origin: Origin,
    /// When it was published or ingested here, or last updated; only DescribePackageVersion tells.
    pub published_at: Option<Timestamp>,
}

/// CodeArtifact, as far as it is read.
pub trait Registry {
    /// What this repository itself holds (upstreams are not asked), at most `limit`.
    async fn list_package_versions(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError>;

    async fn describe_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError>;

    /// The repositories of a domain.
    async fn list_repositories(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError>;

    async fn describe_repository(&self, repository: &RepositoryId)
    -> Result<Repository, ReadError>;

    /// What a published version asks for itself, with its requirements in native syntax.
    async fn list_dependencies(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError>;
}

/// What is told to people and dashboards; see `events/schemas`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub at: Timestamp,
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
    RebuildEnded,
    RebuildStuck,
    RebuildParked,
    ManifestChangeNeeded,
    VersionWithdrawn,
    Regressed,
    CascadeStopped,
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

    /// How long the function that calls may work before it is killed, in seconds. An intent to start is nobody else's until
    /// this and a margin have passed, and `sweep` ends in time for it. Too long only delays the repair of what died; too
    /// short lets two make the same call. The default is the longest of all functions, `sweep`'s own.
    fn time_limit_secs(&self) -> u64 {
        300
    }

    /// Called with each commit that was carried out: every decision is in its history. For logs and metrics; must not fail.
    fn observe(&self, _commit: &Commit) {}
}
