//! Services in which nothing is and nothing happens, for questions and operators' commands, which start nothing.

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{Pipeline, PipelineExecutionId, RepositoryId, Timestamp};
use downriver_engine::ports::{
    Bus, Clock, Execution, ListedVersion, Notice, Pipelines, Queue, QueueError, ReadError,
    Registry, ResolvePage, StartError, StartExecution, Timer,
};

#[derive(Debug)]
pub(crate) struct Still {
    now: Timestamp,
}

impl Still {
    pub(crate) const fn at(now: Timestamp) -> Self {
        Self { now }
    }
}

pub(crate) fn wall_clock() -> Timestamp {
    Timestamp::from_unix_millis(jiff::Timestamp::now().as_millisecond())
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
