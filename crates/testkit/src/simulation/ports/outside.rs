//! The simulated CodePipeline and CodeArtifact, and what builds leave behind, with everything that may go wrong.

use std::collections::BTreeSet;

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, ApplicationId, DomainName, Pipeline, PipelineExecutionId, Repository, RepositoryId,
    Timestamp, VersionStatus,
};
use downriver_engine::ports::{
    Artifacts, Execution, ListedVersion, Pipelines, ReadError, Registry, SourceRead, StartError,
    StartExecution, Store, Upload, UploadError,
};

use super::Worker;
use crate::simulation::faults::StartFault;
use crate::simulation::organisation::Access;
use crate::simulation::pipelines::application_of;
use crate::simulation::trace::tell;
use crate::simulation::world::{Item, Move};

impl<S: Store> Worker<'_, S> {
    async fn call_start(&self, start: &StartExecution) -> Result<PipelineExecutionId, StartError> {
        self.pause().await;
        self.survive("before a start").await;
        let answer = self.answer(start);
        self.survive("after a start").await;
        answer
    }

    /// Where a role is refused, nobody even tries to read.
    fn check_read(&self, pipeline: &Pipeline) {
        let mut world = self.world();
        if world.organisation.is_event_started(pipeline) {
            let text = format!("executions of {} are read", pipeline.name);
            world.violate("a target started by events is not read", text);
        }
    }
}

impl<S: Store> Pipelines for Worker<'_, S> {
    async fn start_execution(
        &self,
        start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError> {
        self.call_start(start).await
    }

    /// What the rule's start comes to, nobody is told here.
    async fn request_execution(&self, start: &StartExecution) -> Result<(), StartError> {
        match self.call_start(start).await {
            Ok(_) | Err(StartError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        execution: &PipelineExecutionId,
    ) -> Result<Execution, ReadError> {
        self.check_read(pipeline);
        self.read_service().await?;
        let application = application_of(pipeline);
        let world = self.seen();
        let mut passes = world.pipelines.passes(&application).iter();
        let found = passes.find(|pass| pass.id == *execution && pass.pipeline == *pipeline);
        found
            .map(|pass| world.pipelines.report(&application, pass))
            .ok_or(ReadError::NotFound)
    }

    async fn list_executions(
        &self,
        pipeline: &Pipeline,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Execution>, ReadError> {
        self.check_read(pipeline);
        self.read_service().await?;
        let application = application_of(pipeline);
        let world = self.seen();
        match world.organisation.members[&application].access {
            Access::ListingDenied => return Err(ReadError::Denied("simulated".to_owned())),
            Access::Missing => return Err(ReadError::NotFound),
            Access::Granted => {}
        }
        let shown_until = world.now.minus_secs(world.faults.odds().listing_lag_secs);
        let listed = world
            .pipelines
            .passes(&application)
            .iter()
            .rev()
            .filter(|pass| pass.pipeline == *pipeline)
            .filter(|pass| pass.started_at <= shown_until)
            .filter(|pass| pass.started_at >= since)
            .take(limit)
            .map(|pass| world.pipelines.report(&application, pass));
        Ok(listed.collect())
    }
}

impl<S: Store> Worker<'_, S> {
    /// What CodePipeline does with a start, and what the caller hears of it.
    fn answer(&self, start: &StartExecution) -> Result<PipelineExecutionId, StartError> {
        let mut world = self.world();
        let number = self.number;
        tell!(world, "function {number}: starts {}", start.attempt);
        world.check_call(start, self.began_at);
        let application = application_of(&start.pipeline);
        let is_missing = world.organisation.members[&application].access == Access::Missing;
        let unknown = || Err(StartError::Unknown("simulated".to_owned()));
        let answer = match world.faults.on_start() {
            _ if is_missing => Err(StartError::NotFound),
            StartFault::Throttled => Err(StartError::Throttled),
            StartFault::Busy => Err(StartError::Busy),
            StartFault::UnknownWithoutStart => unknown(),
            StartFault::UnknownThenStart => {
                let secs = world.random().between(1, 50);
                world.put_in(secs, Item::Move(Move::LateStart(start.clone())));
                unknown()
            }
            StartFault::UnknownAfterStart => {
                world.start(start);
                unknown()
            }
            StartFault::None => Ok(world.start(start)),
        };
        let answer = world.planted_answer(start, answer);
        let answer = answer.map(|number| world.pipelines.passes(&application)[number].id.clone());
        tell!(world, "function {number}: is answered {answer:?}");
        answer
    }
}

impl<S: Store> Registry for Worker<'_, S> {
    async fn list_package_versions(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        self.read_service().await?;
        let mut listed = self.seen().registry.list(repository, package);
        if listed.is_empty() {
            return Err(ReadError::NotFound);
        }
        listed.truncate(limit);
        Ok(listed)
    }

    async fn describe_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        self.read_service().await?;
        let found = self.seen().registry.describe(repository, package_version);
        found.ok_or(ReadError::NotFound)
    }

    async fn list_repositories(
        &self,
        _domain_owner: &AccountId,
        _domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        self.read_service().await?;
        let world = self.seen();
        Ok(world
            .organisation
            .topology
            .repositories
            .keys()
            .cloned()
            .collect())
    }

    async fn describe_repository(
        &self,
        repository: &RepositoryId,
    ) -> Result<Repository, ReadError> {
        self.read_service().await?;
        let world = self.seen();
        let known = world.organisation.topology.repositories.get(repository);
        known.cloned().ok_or(ReadError::NotFound)
    }

    async fn unlist_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<(), ReadError> {
        self.read_service().await?;
        let mut world = self.world();
        let now = world.now;
        let sighting =
            world
                .registry
                .restatus(package_version, repository, VersionStatus::Unlisted, now);
        world.emit_sighting(sighting);
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

/// Builds leave no files: the world reports what they built.
impl<S: Store> Artifacts for Worker<'_, S> {
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
        Ok(SourceRead::Nothing(
            "a simulated build has no source".to_owned(),
        ))
    }
}
