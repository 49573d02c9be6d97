//! What builds leave behind: uploads in the deployment's bucket, and the pipelines' source artifacts.
//!
//! Owns where they are looked for, and what is said of one that cannot be read. Must not know what the files mean.

mod source;
#[cfg(test)]
mod tests;
mod uploads;
mod zip;

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Instant;

use aws_sdk_s3::config::SharedCredentialsProvider;
use downriver_domain::{
    AccountId, ApplicationId, Pipeline, PipelineExecutionId, Target, Timestamp,
};
use downriver_engine::ports::{Artifacts, ReadError, SourceFiles, SourceRead, Upload, UploadError};

use crate::clients::Clients;
use crate::objects::{ObjectError, Objects, Tail};
use crate::pipelines::CodePipelines;
use source::Artifact;
use zip::{Archive, RangeRead, TAIL_BYTES, Traffic, ZipError};

/// An object that is no archive and not larger may be a reference to a commit.
const REFERENCE_BYTES_MAX: u64 = 64 * 1024;

/// Uploads and sources on S3.
#[derive(Debug, Clone)]
pub struct S3Artifacts {
    clients: Clients,
    pipelines: CodePipelines,
    /// The deployment's bucket; only `index` has it.
    uploads: Option<Objects>,
}

impl S3Artifacts {
    pub fn new(clients: Clients, pipelines: CodePipelines, bucket: Option<String>) -> Self {
        let uploads = bucket.map(|bucket| Objects::new(clients.s3(), bucket));
        Self {
            clients,
            pipelines,
            uploads,
        }
    }

    async fn read(
        &self,
        artifact: &Artifact,
        target: &Target,
        choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError> {
        let began = Instant::now();
        let location = artifact.location();
        let session = self.pipelines.session(&target.account).await?;
        // Who has to let us read is another account's template, or our own.
        let spoke = session.is_some().then_some(&target.account);
        let credentials =
            session.map(|session| SharedCredentialsProvider::new(session.credentials));
        let object = Object {
            objects: &Objects::new(
                self.clients.s3_in(&target.region, credentials),
                artifact.bucket.clone(),
            ),
            key: &artifact.key,
            etag: None,
        };
        let tail = match object.objects.load_tail(object.key, TAIL_BYTES).await {
            Ok(tail) => tail,
            Err(error) => return unread(&location, spoke, error),
        };
        if is_reference(&tail) {
            tracing::info!(location, "the source artifact is a reference to a commit");
            return Ok(SourceRead::CloneReference);
        }
        let total = tail.size;
        let etag = tail.etag.clone();
        match unpack(Object { etag, ..object }, tail, choose).await {
            Ok((files, traffic)) => {
                tracing::info!(
                    location,
                    bytes_read = traffic.bytes,
                    bytes_total = total,
                    requests = traffic.requests,
                    files = files.len(),
                    duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
                    "read what an execution was built from"
                );
                Ok(SourceRead::Files(SourceFiles {
                    location,
                    files,
                    bytes_read: traffic.bytes,
                    bytes_total: total,
                }))
            }
            Err(ZipError::Object(error)) => unread(&location, spoke, error),
            Err(error) => {
                let why = format!("the source artifact {location} was not read: {error}");
                tracing::warn!(location, bytes_total = total, "{why}");
                Ok(SourceRead::Nothing(why))
            }
        }
    }
}

impl Artifacts for S3Artifacts {
    async fn load_uploads(
        &self,
        application: &ApplicationId,
        execution: &PipelineExecutionId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Upload>, ReadError> {
        let objects = self.uploads.as_ref().ok_or_else(no_bucket)?;
        uploads::load(objects, application, execution, since..until).await
    }

    async fn store_upload(
        &self,
        application: &ApplicationId,
        execution: &PipelineExecutionId,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<(), UploadError> {
        let objects = self.uploads.as_ref();
        let objects = objects.ok_or_else(|| UploadError(no_bucket().to_string()))?;
        uploads::store(objects, application, execution, name, bytes).await
    }

    async fn load_source(
        &self,
        pipeline: &Pipeline,
        execution: &PipelineExecutionId,
        choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError> {
        let artifact = match source::find(&self.pipelines, pipeline, execution).await? {
            source::Found::Artifact(artifact) => artifact,
            source::Found::CloneReference => return Ok(SourceRead::CloneReference),
            source::Found::Nothing(why) => return Ok(SourceRead::Nothing(why)),
        };
        // With the entries' buffers the future is large.
        Box::pin(self.read(&artifact, &pipeline.target, choose)).await
    }
}

/// One content of one object.
struct Object<'a> {
    objects: &'a Objects,
    key: &'a str,
    etag: Option<String>,
}

impl RangeRead for Object<'_> {
    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ObjectError> {
        self.objects
            .load_range(self.key, range, self.etag.as_deref())
            .await
    }
}

async fn unpack(
    object: Object<'_>,
    tail: Tail,
    choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
) -> Result<(Vec<(String, Vec<u8>)>, Traffic), ZipError> {
    let mut archive = Archive::open(object, tail).await?;
    let chosen = choose(&archive.names());
    let files = archive.read(&chosen).await?;
    Ok((files, archive.traffic()))
}

/// With `CODEBUILD_CLONE_REF` the artifact is a JSON document that names repository and commit: CodeBuild clones it itself.
fn is_reference(tail: &Tail) -> bool {
    let is_whole = tail.bytes.len() as u64 == tail.size;
    is_whole
        && tail.size <= REFERENCE_BYTES_MAX
        && serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&tail.bytes).is_ok()
}

/// What cannot be read now or never is told apart by what a person could do about it; in a spoke, there.
fn unread(
    location: &str,
    spoke: Option<&AccountId>,
    error: ObjectError,
) -> Result<SourceRead, ReadError> {
    match error {
        ObjectError::NotFound => Ok(SourceRead::Nothing(format!(
            "the source artifact {location} is no longer there: the bucket's lifecycle has deleted it"
        ))),
        ObjectError::Empty => Ok(SourceRead::Nothing(format!(
            "the source artifact {location} is empty"
        ))),
        ObjectError::TooLarge { .. } => Err(ReadError::Transient(format!(
            "more of {location} came than was asked for"
        ))),
        ObjectError::Transient(text) => Err(ReadError::Transient(format!("{location}: {text}"))),
        ObjectError::Denied(text) if text.starts_with("InvalidObjectState") => {
            Ok(SourceRead::Nothing(format!(
                "the source artifact {location} has been archived by the bucket's lifecycle"
            )))
        }
        ObjectError::Denied(text) if text.starts_with("NoSuchBucket") => Ok(SourceRead::Nothing(
            format!("the source artifact {location} is no longer there: its bucket was deleted"),
        )),
        ObjectError::Denied(text) => Err(ReadError::Denied(format!(
            "reading the source artifact {location} was refused ({text}): {}",
            advice(text.to_lowercase().contains("kms"), spoke)
        ))),
    }
}

/// What lets it be read: the parameter that names the key or the bucket.
fn advice(is_about_key: bool, spoke: Option<&AccountId>) -> String {
    match (is_about_key, spoke) {
        (true, Some(account)) => format!(
            "it is encrypted with a KMS key: name the key in the parameter ArtifactKeyArns of infra/spoke in account {account}"
        ),
        (false, Some(account)) => format!(
            "name the bucket in the parameter ArtifactBucketArns of infra/spoke in account {account}"
        ),
        (true, None) => "it is encrypted with a KMS key that `index` may not use: name the key in the deployment's parameter \
             ArtifactKeyArns, and allow the role in the key's policy where the key is in another account"
            .to_owned(),
        (false, None) => "name the bucket in the deployment's parameter ArtifactBucketArns, and allow the role of `index` in \
             the bucket's policy where the bucket is in another account"
            .to_owned(),
    }
}

fn no_bucket() -> ReadError {
    ReadError::Denied("this function has no bucket".to_owned())
}
