//! All ports of one deployment on AWS, for the functions and for the command line.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use downriver_domain::AccountId;
use downriver_engine::ports::{Commit, Ports};

use crate::artifacts::S3Artifacts;
use crate::bus::EventBus;
use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::pipelines::{CodePipelines, Spokes, StarterRole};
use crate::queue::SqsQueue;
use crate::registry::CodeArtifact;
use crate::store::DynamoStore;
use crate::trace::TraceHeader;

/// The longest that any function may work: what is assumed until an invocation says better.
const TIME_LIMIT_SECS_MAX: u64 = 300;

/// What the ports are told of a deployment; what a port does without is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// The stack's name.
    pub deployment: String,
    /// The account that the deployment is in, whose pipelines it reads with its own credentials.
    pub account: AccountId,
    pub table_name: String,
    /// Timers are sent to it.
    pub due_queue_url: String,
    /// Pages are sent to it; only `resolve` sends any.
    pub changes_queue_url: Option<String>,
    /// What is to be read is sent to it; only `track`, `sweep` and `index` send any.
    pub index_queue_url: Option<String>,
    /// Catalogs and what builds uploaded; only `index` reads it.
    pub bucket_name: Option<String>,
    pub bus_name: String,
    /// Executions are started under it; only `start` and `sweep` start any.
    pub starter_role: Option<StarterRole>,
    /// Other accounts whose pipelines are started and read; `resolve` does neither.
    pub spokes: Option<Spokes>,
    pub history_retention_days: u32,
    pub is_shadow: bool,
}

type Observer = Box<dyn Fn(&Commit) + Send + Sync>;

/// A client costs little until it is used, so all ports are there. What a port was not configured with it answers with an
/// error that says so, and the function's role would deny it anyway.
pub struct AwsPorts {
    store: DynamoStore,
    queue: SqsQueue,
    pipelines: CodePipelines,
    registry: CodeArtifact,
    artifacts: S3Artifacts,
    bus: EventBus,
    clock: SystemClock,
    trace: TraceHeader,
    is_shadow: bool,
    time_limit_secs: AtomicU64,
    observer: Option<Observer>,
}

impl AwsPorts {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        let trace = TraceHeader::default();
        let pipelines = CodePipelines::new(
            clients.clone(),
            resources.account.clone(),
            resources.starter_role.clone(),
            resources.spokes.clone(),
        );
        Self {
            store: DynamoStore::new(
                clients.dynamodb(),
                resources.table_name.clone(),
                resources.history_retention_days,
            ),
            queue: SqsQueue::new(
                clients.sqs(),
                resources.due_queue_url.clone(),
                resources.changes_queue_url.clone(),
                resources.index_queue_url.clone(),
                trace.clone(),
            ),
            pipelines: pipelines.clone(),
            registry: CodeArtifact::new(clients.codeartifact()),
            artifacts: S3Artifacts::new(clients.clone(), pipelines, resources.bucket_name.clone()),
            bus: EventBus::new(
                clients.eventbridge(),
                resources.bus_name.clone(),
                resources.deployment.clone(),
                trace.clone(),
            ),
            clock: SystemClock,
            trace,
            is_shadow: resources.is_shadow,
            time_limit_secs: AtomicU64::new(TIME_LIMIT_SECS_MAX),
            observer: None,
        }
    }

    /// Every commit that is carried out is shown to `observe`.
    #[must_use]
    pub fn observed_by(mut self, observe: impl Fn(&Commit) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observe));
        self
    }

    /// An invocation begins, which ends within `time_limit`: what it sends carries its X-Ray header.
    pub fn begin(&self, trace_header: Option<&str>, time_limit: Duration) {
        self.trace.set(trace_header);
        // Rounded up: an intent that counts as dead too early would be called twice.
        let secs = time_limit.as_secs() + 1;
        self.time_limit_secs.store(secs, Ordering::Relaxed);
    }
}

impl Ports for AwsPorts {
    type Store = DynamoStore;
    type Queue = SqsQueue;
    type Pipelines = CodePipelines;
    type Registry = CodeArtifact;
    type Artifacts = S3Artifacts;
    type Bus = EventBus;
    type Clock = SystemClock;

    fn store(&self) -> &DynamoStore {
        &self.store
    }

    fn queue(&self) -> &SqsQueue {
        &self.queue
    }

    fn pipelines(&self) -> &CodePipelines {
        &self.pipelines
    }

    fn registry(&self) -> &CodeArtifact {
        &self.registry
    }

    fn artifacts(&self) -> &S3Artifacts {
        &self.artifacts
    }

    fn bus(&self) -> &EventBus {
        &self.bus
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn is_shadow(&self) -> bool {
        self.is_shadow
    }

    fn time_limit_secs(&self) -> u64 {
        self.time_limit_secs.load(Ordering::Relaxed)
    }

    fn observe(&self, commit: &Commit) {
        if let Some(observe) = &self.observer {
            observe(commit);
        }
    }
}

impl fmt::Debug for AwsPorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AwsPorts")
            .field("store", &self.store)
            .field("is_shadow", &self.is_shadow)
            .finish_non_exhaustive()
    }
}
