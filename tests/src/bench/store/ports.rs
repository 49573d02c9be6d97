//! The ports besides the store: as little as there can be, so that what is measured is the engine and the store.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, ApplicationId, DomainName, Origin, Pipeline, PipelineExecutionId, Repository,
    RepositoryId, Timestamp, VersionStatus,
};
use downriver_engine::ports::{
    Artifacts, Bus, Clock, Execution, ListedVersion, Notice, Pipelines, Ports, Queue, QueueError,
    ReadError, ReadRequest, Registry, ResolvePage, SourceRead, StartError, StartExecution, Timer,
    Upload, UploadError,
};
use downriver_local::sqlite::SqliteStore;

use super::organisation::repository;

/// Versions that a repository holds of each package before the first event.
const LISTED_VERSIONS: usize = 30;

pub(super) struct BenchPorts {
    store: SqliteStore,
    others: Others,
}

/// Everything but the store.
pub(super) struct Others {
    pages: RefCell<VecDeque<ResolvePage>>,
    timers: Cell<usize>,
    now: Cell<Timestamp>,
}

impl BenchPorts {
    pub(super) fn new(store: SqliteStore, now: Timestamp) -> Self {
        Self {
            store,
            others: Others {
                pages: RefCell::default(),
                timers: Cell::new(0),
                now: Cell::new(now),
            },
        }
    }

    pub(super) fn take_page(&self) -> Option<ResolvePage> {
        self.others.pages.borrow_mut().pop_front()
    }

    /// Timers sent so far: one for each slot that was written with a time to look at it.
    pub(super) const fn timers(&self) -> usize {
        self.others.timers.get()
    }

    pub(super) fn advance(&self, secs: u64) {
        self.others.now.set(self.others.now.get().plus_secs(secs));
    }
}

impl Ports for BenchPorts {
    type Store = SqliteStore;
    type Queue = Others;
    type Pipelines = Others;
    type Registry = Others;
    type Artifacts = Others;
    type Bus = Others;
    type Clock = Others;

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    fn queue(&self) -> &Others {
        &self.others
    }

    fn pipelines(&self) -> &Others {
        &self.others
    }

    fn registry(&self) -> &Others {
        &self.others
    }

    fn artifacts(&self) -> &Others {
        &self.others
    }

    fn bus(&self) -> &Others {
        &self.others
    }

    fn clock(&self) -> &Others {
        &self.others
    }
}

impl Queue for Others {
    async fn send_timer(&self, _timer: &Timer) -> Result<(), QueueError> {
        self.timers.set(self.timers.get() + 1);
        Ok(())
    }

    async fn send_page(&self, page: &ResolvePage) -> Result<(), QueueError> {
        self.pages.borrow_mut().push_back(page.clone());
        Ok(())
    }

    async fn send_read(&self, _request: &ReadRequest) -> Result<(), QueueError> {
        Ok(())
    }

    async fn send_repositories(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

impl Artifacts for Others {
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
        Ok(SourceRead::Nothing("nothing was built".to_owned()))
    }
}

/// Nothing is started: rebuilds stay pending.
impl Pipelines for Others {
    async fn start_execution(
        &self,
        _start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError> {
        Err(StartError::Busy)
    }

    async fn request_execution(&self, _start: &StartExecution) -> Result<(), StartError> {
        Err(StartError::Busy)
    }

    async fn load_execution(
        &self,
        _pipeline: &Pipeline,
        _id: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn list_executions(
        &self,
        _pipeline: &Pipeline,
        _since: Timestamp,
        _limit: usize,
    ) -> Result<Vec<Execution>, ReadError> {
        Ok(Vec::new())
    }
}

impl Registry for Others {
    async fn list_package_versions(
        &self,
        asked: &RepositoryId,
        _package: &PackageId,
        _limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        if *asked != repository("shared") {
            return Err(ReadError::NotFound);
        }
        Ok((0..LISTED_VERSIONS)
            .map(|number| listed(&format!("1.{}.{}", number / 10, number % 10)))
            .collect())
    }

    async fn describe_package_version(
        &self,
        _repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        Ok(listed(package_version.version()))
    }

    async fn list_repositories(
        &self,
        _domain_owner: &AccountId,
        _domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn describe_repository(
        &self,
        _repository: &RepositoryId,
    ) -> Result<Repository, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn unlist_package_version(
        &self,
        _repository: &RepositoryId,
        _package_version: &PackageVersionId,
    ) -> Result<(), ReadError> {
        Ok(())
    }

    async fn list_dependencies(
        &self,
        _repository: &RepositoryId,
        _package_version: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError> {
        Err(ReadError::NotFound)
    }
}

impl Bus for Others {
    async fn publish(&self, _notices: &[Notice]) -> Result<(), QueueError> {
        Ok(())
    }
}

impl Clock for Others {
    fn now(&self) -> Timestamp {
        self.now.get()
    }
}

fn listed(version: &str) -> ListedVersion {
    ListedVersion {
        version: version.to_owned(),
        status: VersionStatus::Published,
        revision: None,
        origin: Origin::Internal,
        published_at: None,
    }
}
