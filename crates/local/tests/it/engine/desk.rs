//! One deployment: the store, pipelines that people and Downriver start, and a clock that is set.

mod artifacts;
mod registry;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::Slot;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    Application, ApplicationId, Dependency, Operation, Origin, PackagePattern, Pipeline,
    PipelineExecutionId, Repository, RepositoryId, Sighting, Timestamp, Topology, VersionStatus,
};
use downriver_engine::history::{HistoryBody, HistoryEntry};
use downriver_engine::operate::{Command, Operated, operate};
use downriver_engine::ports::{
    Bus, Clock, CommitOutcome, Execution, ExecutionStatus, FailedStage, HistoryOf, ListedVersion,
    Notice, Pipelines, Ports, Queue, QueueError, ReadError, ReadRequest, ResolvePage, StartError,
    StartExecution, Store, Timer, Trigger, Upload,
};
use downriver_engine::register::{self, Catalog};
use downriver_engine::sweep::{SweepReport, sweep};
use downriver_engine::track::{ExecutionEvent, ExecutionState, track};
use downriver_engine::{resolve, start};
use downriver_testkit::builders::{at, id, package_version, registration, repository, topology};
use downriver_testkit::run_at_once;

use super::restorable::Restorable;

pub(super) struct Desk {
    pub(super) store: Restorable,
    pub(super) now: Cell<i64>,
    /// How long a read of CodePipeline takes, in seconds.
    pub(super) read_secs: Cell<i64>,
    pub(super) unreadable: RefCell<BTreeMap<Pipeline, ReadError>>,
    /// The next call to start finds a backup just made: with its intent, without its answer.
    pub(super) is_backed_up_at_start: Cell<bool>,
    /// The next call to start is made, and its answer does not arrive.
    pub(super) is_answer_lost: Cell<bool>,
    /// Every call to start is refused: the pipeline is at its limit.
    pub(super) is_busy: Cell<bool>,
    /// A listing of executions shows none.
    pub(super) is_listing_behind: Cell<bool>,
    executions: RefCell<Vec<(Pipeline, Execution)>>,
    pub(super) reads: Cell<u64>,
    /// By the names of their pipelines, which are those of their applications.
    pub(super) reads_of: RefCell<Vec<ApplicationId>>,
    pub(super) tokens: RefCell<Vec<String>>,
    timers: RefCell<Vec<Timer>>,
    /// What was put on the bus of requests; whether a rule there starts anything is for the test to say.
    pub(super) asked: RefCell<Vec<StartExecution>>,
    /// What executions uploaded, by execution.
    pub(super) uploads: RefCell<Vec<(String, Upload)>>,
    /// The files of every source.
    pub(super) source: RefCell<Vec<(String, String)>>,
    /// Readings that were asked for.
    pub(super) requests: RefCell<Vec<ReadRequest>>,
    pub(super) notices: RefCell<Vec<Notice>>,
    /// What CodeArtifact holds beside what events told: repository, package, version.
    pub(super) listed: RefCell<Vec<(RepositoryId, PackageId, ListedVersion)>>,
    pub(super) repositories: RefCell<BTreeMap<RepositoryId, Repository>>,
    /// What was to be set `Unlisted`, and what CodeArtifact says to that.
    pub(super) unlisted: RefCell<Vec<(RepositoryId, PackageVersionId)>>,
    pub(super) unlisting: RefCell<Result<(), ReadError>>,
}

impl Desk {
    /// Registered at 0, with these applications and their dependencies.
    pub(super) fn with(applications: Vec<(Application, Vec<Dependency>)>) -> Self {
        let desk = Self {
            store: Restorable::new(),
            now: Cell::new(0),
            read_secs: Cell::new(0),
            unreadable: RefCell::default(),
            is_backed_up_at_start: Cell::new(false),
            is_answer_lost: Cell::new(false),
            is_busy: Cell::new(false),
            is_listing_behind: Cell::new(false),
            executions: RefCell::default(),
            reads: Cell::new(0),
            reads_of: RefCell::default(),
            tokens: RefCell::default(),
            timers: RefCell::default(),
            asked: RefCell::default(),
            uploads: RefCell::default(),
            source: RefCell::default(),
            requests: RefCell::default(),
            notices: RefCell::default(),
            listed: RefCell::default(),
            repositories: RefCell::default(),
            unlisted: RefCell::default(),
            unlisting: RefCell::new(Ok(())),
        };
        desk.apply(&catalog(applications));
        desk
    }

    pub(super) fn apply(&self, catalog: &Catalog) -> register::Applied {
        run_at_once(register::apply(self, catalog, at(0))).expect("the catalog is applied")
    }

    /// Lets time pass, and timers fire that are due by then.
    pub(super) fn wait_until(&self, secs: i64) {
        while let Some(timer) = self.take_due(secs) {
            self.now.set(self.now.get().max(secs_of(timer.at)));
            run_at_once(start::look_at(self, &timer)).expect("the slot is looked at");
        }
        self.now.set(secs);
    }

    fn take_due(&self, secs: i64) -> Option<Timer> {
        let mut timers = self.timers.borrow_mut();
        timers.sort_by_key(|timer| timer.at);
        (timers.first()?.at <= at(secs)).then(|| timers.remove(0))
    }

    pub(super) fn publish(&self, purl: &str, version: &str) {
        self.replay(purl, version, self.now.get());
    }

    /// The event of a version that was published at `secs`, now.
    pub(super) fn replay(&self, purl: &str, version: &str, secs: i64) {
        self.list(purl, version, secs);
        self.sight(purl, version, VersionStatus::Published, secs);
    }

    /// The event of a version's new status at `secs`, now.
    pub(super) fn sight(&self, purl: &str, version: &str, status: VersionStatus, secs: i64) {
        let sighting = Sighting {
            repository: repository("shared"),
            package_version: package_version(purl, version),
            status,
            operation: if status == VersionStatus::Published {
                Operation::Created
            } else {
                Operation::Updated
            },
            revision: Some(self.revision_of(purl, version)),
            sequence: u64::try_from(secs).expect("time goes on"),
            event_time: at(secs),
        };
        run_at_once(resolve::resolve(self, &[sighting])).expect("the event is resolved");
    }

    /// It is in the repository, though no event may tell.
    pub(super) fn list(&self, purl: &str, version: &str, secs: i64) {
        self.list_of(purl, version, Origin::Internal, secs);
    }

    /// A public version came in at `secs`, and its event comes now.
    pub(super) fn ingest(&self, purl: &str, version: &str, secs: i64) {
        self.list_of(purl, version, Origin::External, secs);
        self.sight(purl, version, VersionStatus::Published, secs);
    }

    /// Whatever is put into a version changes its revision.
    fn revision_of(&self, purl: &str, version: &str) -> String {
        let listed = self.listed.borrow();
        let row = listed
            .iter()
            .rev()
            .find(|(_, package, row)| package.to_string() == purl && row.version == version);
        row.and_then(|(.., row)| row.revision.clone())
            .unwrap_or_else(|| "r-0".to_owned())
    }

    fn list_of(&self, purl: &str, version: &str, origin: Origin, secs: i64) {
        let row = ListedVersion {
            version: version.to_owned(),
            status: VersionStatus::Published,
            revision: Some(format!("r-{secs}")),
            origin,
            published_at: Some(at(secs)),
        };
        let package: PackageId = purl.parse().expect("a package URL");
        let mut listed = self.listed.borrow_mut();
        listed.retain(|(_, of, known)| *of != package || known.version != version);
        listed.push((repository("shared"), package, row));
    }

    pub(super) fn sweep(&self) -> SweepReport {
        run_at_once(sweep(self)).expect("the store works")
    }

    /// Ends an execution now; nobody is told.
    pub(super) fn end(&self, execution: &str, status: ExecutionStatus) {
        let mut executions = self.executions.borrow_mut();
        let known = executions
            .iter_mut()
            .find(|(_, known)| known.id.as_str() == execution);
        let (_, known) = known.expect("the execution was started");
        known.status = status;
        known.updated_at = at(self.now.get());
    }

    /// A person, or whoever else, starts a pipeline.
    pub(super) fn start(&self, pipeline: &Pipeline, trigger: Trigger) -> String {
        let execution = format!("e-{}", self.executions.borrow().len() + 1);
        let started = Execution {
            id: id(&execution),
            status: ExecutionStatus::InProgress,
            started_at: at(self.now.get()),
            updated_at: at(self.now.get()),
            trigger,
            rollback_target: None,
            failed_stage: None,
        };
        self.executions
            .borrow_mut()
            .push((pipeline.clone(), started));
        execution
    }

    /// Fails an execution now, and tells.
    pub(super) fn fail(&self, pipeline: &Pipeline, execution: &str, stage: &FailedStage) {
        self.end(execution, ExecutionStatus::Failed);
        for (_, known) in self.executions.borrow_mut().iter_mut() {
            if known.id.as_str() == execution {
                known.failed_stage = Some(stage.clone());
            }
        }
        self.tell(pipeline, execution, ExecutionState::Failed);
    }

    /// A person goes back to what another execution deployed.
    pub(super) fn roll_back(&self, pipeline: &Pipeline, to: &str) -> String {
        let execution = self.start(pipeline, Trigger::Other("ManualRollback".to_owned()));
        let mut executions = self.executions.borrow_mut();
        if let Some((_, started)) = executions.last_mut() {
            started.rollback_target = Some(id(to));
        }
        execution
    }

    /// The event of an execution's success.
    pub(super) fn tell_end(&self, pipeline: &Pipeline, execution: &str) {
        self.tell(pipeline, execution, ExecutionState::Succeeded);
    }

    /// The event of what became of an execution.
    pub(super) fn tell(&self, pipeline: &Pipeline, execution: &str, state: ExecutionState) {
        let event = ExecutionEvent {
            pipeline: pipeline.clone(),
            execution: id(execution),
            state,
            started_at: None,
            event_time: at(self.now.get()),
            trigger: None,
        };
        run_at_once(track(self, &event)).expect("the event is tracked");
    }

    /// Timers that were sent are lost.
    pub(super) fn lose_timers(&self) {
        self.timers.borrow_mut().clear();
    }

    pub(super) fn operate(&self, command: &Command) -> Operated {
        run_at_once(operate(self, command)).expect("the store works")
    }

    /// Counts this package as one of our own from now on.
    pub(super) fn own(&self, purl: &str) {
        let known = run_at_once(self.store.load_topology()).expect("the store works");
        let mut topology = Topology::clone(&known);
        topology.revision += 1;
        let package: PackageId = purl.parse().expect("a package URL");
        topology.internal.push(PackagePattern {
            format: package.format(),
            namespace: package.namespace().map(str::to_owned),
            name: package.name().to_owned(),
        });
        let outcome = run_at_once(self.store.record_topology(&topology));
        assert_eq!(outcome.expect("the store works"), CommitOutcome::Done);
    }

    /// As if it had never been started.
    pub(super) fn forget(&self, execution: &str) {
        self.executions
            .borrow_mut()
            .retain(|(_, known)| known.id.as_str() != execution);
    }

    /// The sessions that started executions, in order; `-`: a person.
    pub(super) fn started(&self) -> Vec<String> {
        let session = |(_, execution): &(Pipeline, Execution)| match &execution.trigger {
            Trigger::Session(name) => name.clone(),
            Trigger::Rule | Trigger::Request | Trigger::Other(_) => "-".to_owned(),
        };
        self.executions.borrow().iter().map(session).collect()
    }

    pub(super) fn slot(&self, application: &str) -> Slot {
        run_at_once(self.store.load_applications(&[id(application)]))
            .expect("the store works")
            .remove(0)
            .slot
    }

    /// What the history says of an application, oldest first.
    pub(super) fn told(&self, application: &str) -> Vec<String> {
        self.told_of(&HistoryOf::Application(id(application)))
    }

    pub(super) fn told_of(&self, of: &HistoryOf) -> Vec<String> {
        let entries = run_at_once(self.store.load_history(of, 1_000));
        let text = |entry: HistoryEntry| match entry.body {
            HistoryBody::Note(note) => Some(note.text),
            _ => None,
        };
        let mut told: Vec<String> = entries
            .expect("the store works")
            .into_iter()
            .filter_map(text)
            .collect();
        told.reverse();
        told
    }

    fn read(&self, pipeline: &Pipeline) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        self.reads_of.borrow_mut().push(id(pipeline.name.as_str()));
        self.now.set(self.now.get() + self.read_secs.get());
        match self.unreadable.borrow().get(pipeline) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

pub(super) fn catalog(applications: Vec<(Application, Vec<Dependency>)>) -> Catalog {
    let mut entries: Vec<_> = applications
        .into_iter()
        .map(|(application, dependencies)| registration(application, dependencies))
        .collect();
    entries.sort_by_key(|entry| entry.application.id.clone());
    Catalog {
        topology: topology(),
        applications: entries,
        undeclared: BTreeSet::new(),
        folders: BTreeMap::new(),
    }
}

fn secs_of(at: Timestamp) -> i64 {
    (at.unix_millis() - downriver_testkit::builders::at(0).unix_millis()) / 1_000
}

impl Ports for Desk {
    type Store = Restorable;
    type Queue = Self;
    type Pipelines = Self;
    type Registry = Self;
    type Artifacts = Self;
    type Bus = Self;
    type Clock = Self;

    fn store(&self) -> &Restorable {
        &self.store
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
}

impl Clock for Desk {
    fn now(&self) -> Timestamp {
        at(self.now.get())
    }
}

impl Queue for Desk {
    async fn send_timer(&self, timer: &Timer) -> Result<(), QueueError> {
        self.timers.borrow_mut().push(timer.clone());
        Ok(())
    }

    async fn send_page(&self, page: &ResolvePage) -> Result<(), QueueError> {
        unreachable!("few depend on {}", page.package)
    }

    async fn send_read(&self, request: &ReadRequest) -> Result<(), QueueError> {
        self.requests.borrow_mut().push(request.clone());
        Ok(())
    }

    async fn send_repositories(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

impl Bus for Desk {
    async fn publish(&self, notices: &[Notice]) -> Result<(), QueueError> {
        self.notices.borrow_mut().extend_from_slice(notices);
        Ok(())
    }
}

impl Pipelines for Desk {
    async fn start_execution(
        &self,
        start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError> {
        if self.is_busy.get() {
            return Err(StartError::Busy);
        }
        let token = start.token.as_str().to_owned();
        assert!(
            !self.tokens.borrow().contains(&token),
            "the token of {} is used twice",
            start.attempt
        );
        self.tokens.borrow_mut().push(token);
        if self.is_backed_up_at_start.take() {
            self.store.back_up();
        }
        let session = Trigger::Session(start.attempt.to_string());
        let execution = self.start(&start.pipeline, session);
        if self.is_answer_lost.take() {
            return Err(StartError::Unknown("timed out".to_owned()));
        }
        Ok(id(&execution))
    }

    async fn request_execution(&self, start: &StartExecution) -> Result<(), StartError> {
        self.asked.borrow_mut().push(start.clone());
        Ok(())
    }

    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        execution: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        self.read(pipeline)?;
        self.executions
            .borrow()
            .iter()
            .find(|(_, known)| known.id == *execution)
            .map(|(_, known)| known.clone())
            .ok_or(ReadError::NotFound)
    }

    async fn list_executions(
        &self,
        pipeline: &Pipeline,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Execution>, ReadError> {
        self.read(pipeline)?;
        if self.is_listing_behind.get() {
            return Ok(Vec::new());
        }
        let executions = self.executions.borrow();
        let of_pipeline = executions
            .iter()
            .rev()
            .filter(|(of, known)| of == pipeline && known.started_at >= since);
        Ok(of_pipeline
            .map(|(_, known)| known.clone())
            .take(limit)
            .collect())
    }
}
