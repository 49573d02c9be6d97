//! What builds leave behind: uploads in the deployment's bucket, and the pipelines' source artifacts.

use std::collections::BTreeSet;

use downriver_domain::{ApplicationId, Pipeline, PipelineExecutionId, Timestamp};
use downriver_engine::ports::{Artifacts, ReadError, SourceRead, Upload, UploadError};

/// Uploads and sources on S3.
#[derive(Debug, Clone, Copy, Default)]
pub struct S3Artifacts;

fn not_built_yet() -> ReadError {
    ReadError::Denied("reading from S3 is not built yet".to_owned())
}

impl Artifacts for S3Artifacts {
    async fn load_uploads(
        &self,
        _application: &ApplicationId,
        _execution: &PipelineExecutionId,
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<Vec<Upload>, ReadError> {
        Err(not_built_yet())
    }

    async fn store_upload(
        &self,
        _application: &ApplicationId,
        _execution: &PipelineExecutionId,
        _name: &str,
        _bytes: Vec<u8>,
    ) -> Result<(), UploadError> {
        Err(UploadError("writing to S3 is not built yet".to_owned()))
    }

    async fn load_source(
        &self,
        _pipeline: &Pipeline,
        _execution: &PipelineExecutionId,
        _choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError> {
        Err(not_built_yet())
    }
}
