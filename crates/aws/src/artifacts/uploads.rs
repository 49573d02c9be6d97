//! What builds uploaded: `sbom/<application>/<execution>/<name>`, or `sbom/<application>/<name>` where the tool does not know
//! the execution.

use std::ops::Range;

use downriver_domain::{ApplicationId, PipelineExecutionId, Timestamp};
use downriver_engine::ports::{ReadError, UPLOAD_BYTES_MAX, UPLOADS_MAX, Upload, UploadError};

use crate::objects::{Listed, ObjectError, Objects};

const CONTENT_TYPE: &str = "application/json";
/// An upload may come a little after its build's end was told.
const LATE_MILLIS: i64 = 5 * 60 * 1000;
/// All uploads about one execution together.
const UPLOADS_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Pages of a listing: 10,000 objects. Where more lie, the lifecycle does not delete them.
const PAGES_MAX: usize = 10;

/// The newest first; those that name the execution before those that do not.
pub(super) async fn load(
    objects: &Objects,
    application: &ApplicationId,
    execution: &PipelineExecutionId,
    within: Range<Timestamp>,
) -> Result<Vec<Upload>, ReadError> {
    let prefix = format!("sbom/{application}/");
    let of_execution = format!("{prefix}{execution}/");
    let mut chosen = list(objects, &of_execution).await?;
    let until = within.end.unix_millis().saturating_add(LATE_MILLIS);
    let mut others = list(objects, &prefix).await?;
    others.retain(|listed| {
        let at = listed.modified_at.unix_millis();
        (within.start.unix_millis()..=until).contains(&at)
    });
    chosen.extend(others);
    let mut uploads = Vec::new();
    let mut bytes_sum = 0;
    for listed in chosen {
        bytes_sum += listed.size;
        let is_too_large = listed.size > UPLOAD_BYTES_MAX || bytes_sum > UPLOADS_BYTES_MAX;
        if is_too_large || uploads.len() == UPLOADS_MAX {
            bytes_sum -= listed.size;
            tracing::warn!(
                key = listed.key,
                bytes = listed.size,
                "an upload is left out: it is too large, or there are too many"
            );
            continue;
        }
        if let Some(bytes) = load_one(objects, &listed).await? {
            let name = listed.key.rsplit('/').next().unwrap_or_default();
            uploads.push(Upload {
                name: name.to_owned(),
                bytes,
            });
        }
    }
    Ok(uploads)
}

pub(super) async fn store(
    objects: &Objects,
    application: &ApplicationId,
    execution: &PipelineExecutionId,
    name: &str,
    bytes: Vec<u8>,
) -> Result<(), UploadError> {
    let key = format!("sbom/{application}/{execution}/{name}");
    let stored = objects.put(&key, CONTENT_TYPE, bytes).await;
    stored.map_err(|error| UploadError(format!("writing {key}: {error}")))
}

/// JSON documents directly below a prefix, the newest first.
async fn list(objects: &Objects, prefix: &str) -> Result<Vec<Listed>, ReadError> {
    let listed = objects.list(prefix, PAGES_MAX).await;
    let mut listed = listed.map_err(|error| read_error(objects, prefix, &error))?;
    listed.retain(|listed| {
        let is_json = listed.key.to_ascii_lowercase().ends_with(".json");
        is_json && listed.size > 0
    });
    listed.sort_by(|one, other| {
        let by_time = other.modified_at.cmp(&one.modified_at);
        by_time.then_with(|| one.key.cmp(&other.key))
    });
    Ok(listed)
}

/// None if it was deleted meanwhile.
async fn load_one(objects: &Objects, listed: &Listed) -> Result<Option<Vec<u8>>, ReadError> {
    let bytes_max = usize::try_from(UPLOAD_BYTES_MAX).unwrap_or(usize::MAX);
    match objects.load(&listed.key, bytes_max).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ObjectError::NotFound) => Ok(None),
        Err(error) => Err(read_error(objects, &listed.key, &error)),
    }
}

fn read_error(objects: &Objects, key: &str, error: &ObjectError) -> ReadError {
    let text = format!("reading s3://{}/{key}: {error}", objects.bucket());
    match error {
        ObjectError::Denied(_) => ReadError::Denied(text),
        _ => ReadError::Transient(text),
    }
}
