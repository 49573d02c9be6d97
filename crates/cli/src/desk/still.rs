//! Services in which nothing is and nothing happens, for questions and operators' commands, which start nothing.

use std::collections::BTreeSet;

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, ApplicationId, DomainName, Pipeline, PipelineExecutionId, Repository, RepositoryId,
    Timestamp,
};
use downriver_engine::ports::{
    Artifacts, Bus, Clock, Execution, ListedVersion, Notice, Pipelines, Queue, QueueError,
    ReadError, ReadRequest, Registry, ResolvePage, SourceRead, StartError, StartExecution, Timer,
    Upload, UploadError,
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

    async fn send_read(&self, _: &ReadRequest) -> Result<(), QueueError> {
        Ok(())
    }

    async fn send_repositories(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

impl Artifacts for Still {
    async fn load_uploads(
        &self,
        _: &ApplicationId,
        _: &PipelineExecutionId,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Vec<Upload>, ReadError> {
        Ok(Vec::new())
    }

    async fn store_upload(
        &self,
        _: &ApplicationId,
        _: &PipelineExecutionId,
        _: &str,
        _: Vec<u8>,
    ) -> Result<(), UploadError> {
        Err(UploadError("nothing is kept here".to_owned()))
    }

    async fn load_source(
        &self,
        _: &Pipeline,
        _: &PipelineExecutionId,
        _: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError> {
        Err(ReadError::NotFound)
    }
}

impl Pipelines for Still {
    async fn start_execution(&self, _: &StartExecution) -> Result<PipelineExecutionId, StartError> {
        Err(StartError::Denied("nothing is started here".to_owned()))
    }

    async fn request_execution(&self, _: &StartExecution) -> Result<(), StartError> {
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

    async fn list_repositories(
        &self,
        _: &AccountId,
        _: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn describe_repository(&self, _: &RepositoryId) -> Result<Repository, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn unlist_package_version(
        &self,
        _: &RepositoryId,
        _: &PackageVersionId,
    ) -> Result<(), ReadError> {
        Err(ReadError::Denied("nothing is changed here".to_owned()))
    }

    async fn list_dependencies(
        &self,
        _: &RepositoryId,
        _: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError> {
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
