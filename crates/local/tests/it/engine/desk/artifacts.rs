//! What builds upload, and the source that they are made of.

use std::collections::BTreeSet;

use downriver_domain::{ApplicationId, Pipeline, PipelineExecutionId, Timestamp};
use downriver_engine::ports::{Artifacts, ReadError, SourceFiles, SourceRead, Upload, UploadError};

use super::Desk;

impl Artifacts for Desk {
    async fn load_uploads(
        &self,
        _application: &ApplicationId,
        execution: &PipelineExecutionId,
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<Vec<Upload>, ReadError> {
        let uploads = self.uploads.borrow();
        let of_execution = uploads.iter().filter(|(of, _)| of == execution.as_str());
        Ok(of_execution.map(|(_, upload)| upload.clone()).collect())
    }

    async fn store_upload(
        &self,
        _application: &ApplicationId,
        execution: &PipelineExecutionId,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<(), UploadError> {
        let upload = Upload {
            name: name.to_owned(),
            bytes,
        };
        let mut uploads = self.uploads.borrow_mut();
        uploads.retain(|(of, known)| of != execution.as_str() || known.name != name);
        uploads.push((execution.to_string(), upload));
        Ok(())
    }

    async fn load_source(
        &self,
        _pipeline: &Pipeline,
        _execution: &PipelineExecutionId,
        choose: &(dyn Fn(&[String]) -> BTreeSet<String> + Sync),
    ) -> Result<SourceRead, ReadError> {
        let source = self.source.borrow();
        if source.is_empty() {
            return Ok(SourceRead::Nothing("its source is not kept".to_owned()));
        }
        let paths: Vec<String> = source.iter().map(|(path, _)| path.clone()).collect();
        let chosen = choose(&paths);
        let files: Vec<(String, Vec<u8>)> = source
            .iter()
            .filter(|(path, _)| chosen.contains(path))
            .map(|(path, text)| (path.clone(), text.clone().into_bytes()))
            .collect();
        Ok(SourceRead::Files(SourceFiles {
            location: "s3://artifacts/web".to_owned(),
            bytes_read: files.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
            bytes_total: 1_000_000,
            files,
        }))
    }
}
