//! What builds leave behind: what they upload, and the source that they were made of.

use std::collections::BTreeSet;

use downriver_domain::{ApplicationId, Pipeline, PipelineExecutionId, Timestamp};

use super::ReadError;

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
