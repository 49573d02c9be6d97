//! The engine's ports over a store alone: for questions, and for what operators write into a store file.
//!
//! Nothing moves here: no pipeline starts, no message is delivered. What a command makes due is found when the replay
//! of that store goes on.

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    ApplicationId, Dependency, Pipeline, PipelineExecutionId, RepositoryId, Timestamp,
};
use downriver_engine::ports::{
    Bus, Clock, Execution, LOAD_APPLICATIONS_MAX, ListedVersion, Notice, Pipelines, Ports, Queue,
    QueueError, ReadError, Registry, ResolvePage, StartError, StartExecution, Store as _, Timer,
};
use downriver_engine::register;
use downriver_local::sqlite::SqliteStore;
use downriver_local::world::{clock_of, complete};

use crate::arguments::GlobalOptions;
use crate::exit::refuse;
use crate::setup::{find_catalog, load_catalog, open_store};

/// A store, and an instant that counts as now.
#[derive(Debug)]
pub(crate) struct Desk {
    store: SqliteStore,
    still: Still,
}

/// Services in which nothing is and nothing happens.
#[derive(Debug)]
pub(crate) struct Still {
    now: Timestamp,
}

impl Desk {
    /// The store that the options name, as far as its replay has come; else one in memory with the catalog applied.
    pub(crate) fn open(options: &GlobalOptions) -> anyhow::Result<Self> {
        if options.store.is_some() {
            return Self::open_file(options);
        }
        let loaded = load_catalog(&find_catalog(options)?)?;
        let desk = Self::over(SqliteStore::in_memory()?, wall_clock());
        let registered_at = desk.still.now.minus_secs(1);
        complete(register::apply(&desk, &loaded.catalog, registered_at))?;
        Ok(desk)
    }

    /// The store file that the options must name.
    pub(crate) fn open_file(options: &GlobalOptions) -> anyhow::Result<Self> {
        let Some(path) = &options.store else {
            return Err(refuse(
                "this changes a store: name its file with --store FILE; `downriver replay PATH --store FILE` makes one",
            ));
        };
        if !path.is_file() {
            return Err(refuse(format!(
                "there is no store {}: `downriver replay PATH --store {0}` makes one",
                path.display()
            )));
        }
        let store = open_store(path)?;
        let now = clock_of(&store)?.unwrap_or_else(wall_clock);
        Ok(Self::over(store, now))
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.still.now
    }

    /// Every application in the catalog, in order.
    pub(crate) fn applications(&self) -> anyhow::Result<Vec<ApplicationId>> {
        let mut all: Vec<ApplicationId> = Vec::new();
        loop {
            let page = complete(
                self.store
                    .list_applications(all.last(), LOAD_APPLICATIONS_MAX),
            )?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    pub(crate) fn dependencies(&self, of: &ApplicationId) -> anyhow::Result<Vec<Dependency>> {
        Ok(complete(self.store.load_dependencies(of))?)
    }

    const fn over(store: SqliteStore, now: Timestamp) -> Self {
        Self {
            store,
            still: Still { now },
        }
    }
}

fn wall_clock() -> Timestamp {
    Timestamp::from_unix_millis(jiff::Timestamp::now().as_millisecond())
}

impl Ports for Desk {
    type Store = SqliteStore;
    type Queue = Still;
    type Pipelines = Still;
    type Registry = Still;
    type Bus = Still;
    type Clock = Still;

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    fn queue(&self) -> &Still {
        &self.still
    }

    fn pipelines(&self) -> &Still {
        &self.still
    }

    fn registry(&self) -> &Still {
        &self.still
    }

    fn bus(&self) -> &Still {
        &self.still
    }

    fn clock(&self) -> &Still {
        &self.still
    }
}

impl Queue for Still {
    async fn send_timer(&self, _: &Timer) -> Result<(), QueueError> {
        Ok(())
    }

    async fn send_page(&self, _: &ResolvePage) -> Result<(), QueueError> {
        Err(QueueError("nothing is delivered here".to_owned()))
    }
}

impl Pipelines for Still {
    async fn start_execution(&self, _: &StartExecution) -> Result<PipelineExecutionId, StartError> {
        Err(StartError::Denied("nothing is started here".to_owned()))
    }

    async fn load_execution(
        &self,
        _: &Pipeline,
        _: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn list_executions(
        &self,
        _: &Pipeline,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<Execution>, ReadError> {
        Err(ReadError::NotFound)
    }
}

impl Registry for Still {
    async fn list_package_versions(
        &self,
        _: &RepositoryId,
        _: &PackageId,
        _: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn describe_package_version(
        &self,
        _: &RepositoryId,
        _: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        Err(ReadError::NotFound)
    }
}

impl Bus for Still {
    async fn publish(&self, _: &[Notice]) -> Result<(), QueueError> {
        Ok(())
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.now
    }
}
