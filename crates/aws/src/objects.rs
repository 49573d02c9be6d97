//! Objects on S3: catalogs that were uploaded, and what became of them; what builds read and uploaded.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use downriver_domain::Timestamp;

use crate::error::NoResult;

/// The longest that the content of one object may take to come.
const DOWNLOAD: Duration = Duration::from_mins(1);

/// Why an object could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    #[error("the object does not exist")]
    NotFound,
    /// Without a byte, so that there is no range of it either.
    #[error("the object is empty")]
    Empty,
    #[error("the object has more than {bytes_max} bytes")]
    TooLarge { bytes_max: usize },
    #[error("refused: {0}")]
    Denied(String),
    /// May pass; a write may have happened.
    #[error("no answer: {0}")]
    Transient(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    Written,
    /// Another object stands there already, and stays.
    Exists,
}

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) modified_at: Timestamp,
}

/// The end of an object; all of it where it is shorter than was asked for.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) bytes: Vec<u8>,
    /// Of the whole object.
    pub(crate) size: u64,
    /// Tells this content from what may be written in its place.
    pub(crate) etag: Option<String>,
}

/// Objects on a page of a listing: as many as S3 gives.
const PAGE_MAX: i32 = 1_000;

/// One bucket.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
    bucket: String,
}

impl Objects {
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// The same access to another bucket.
    #[must_use]
    pub fn of_bucket(&self, bucket: &str) -> Self {
        Self {
            client: self.client.clone(),
            bucket: bucket.to_owned(),
        }
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The content of an object of at most `bytes_max` bytes. No more than that is ever held.
    pub async fn load(&self, key: &str, bytes_max: usize) -> Result<Vec<u8>, ObjectError> {
        let (content, _) = download(self.get(key), bytes_max).await?;
        Ok(content)
    }

    /// The last `length` bytes.
    pub(crate) async fn load_tail(&self, key: &str, length: u64) -> Result<Tail, ObjectError> {
        let call = self.get(key).range(format!("bytes=-{length}"));
        let bytes_max = usize::try_from(length).unwrap_or(usize::MAX);
        let (bytes, answer) = download(call, bytes_max).await?;
        let size = answer.content_range.as_deref().and_then(parse_size);
        Ok(Tail {
            size: size.unwrap_or(bytes.len() as u64),
            bytes,
            etag: answer.etag,
        })
    }

    /// A range that is not empty, of the content that `etag` tells.
    pub(crate) async fn load_range(
        &self,
        key: &str,
        range: Range<u64>,
        etag: Option<&str>,
    ) -> Result<Vec<u8>, ObjectError> {
        let length = range.end.saturating_sub(range.start);
        let last = range.end.saturating_sub(1);
        let call = self
            .get(key)
            .range(format!("bytes={}-{last}", range.start))
            .set_if_match(etag.map(str::to_owned));
        let bytes_max = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(download(call, bytes_max).await?.0)
    }

    /// Objects whose keys begin with `prefix`, without those in folders below it, from at most `pages_max` pages.
    pub(crate) async fn list(
        &self,
        prefix: &str,
        pages_max: usize,
    ) -> Result<Vec<Listed>, ObjectError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..pages_max {
            let page = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                .delimiter("/")
                .max_keys(PAGE_MAX)
                .set_continuation_token(token)
                .send()
                .await
                .map_err(|error| object_error(NoResult::of(&error)))?;
            found.extend(
                page.contents
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|object| {
                        Some(Listed {
                            key: object.key?,
                            size: object.size?.try_into().ok()?,
                            modified_at: Timestamp::from_unix_millis(
                                object.last_modified?.to_millis().ok()?,
                            ),
                        })
                    }),
            );
            token = page.next_continuation_token;
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn get(&self, key: &str) -> GetObjectFluentBuilder {
        self.client.get_object().bucket(&self.bucket).key(key)
    }

    /// Writes an object, in the place of what stands there.
    pub async fn put(
        &self,
        key: &str,
        content_type: &str,
        content: Vec<u8>,
    ) -> Result<(), ObjectError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(content))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| object_error(NoResult::of(&error)))
    }

    /// Writes an object where none stands yet. Two writers at once: one of them writes.
    pub async fn put_if_absent(
        &self,
        key: &str,
        content_type: &str,
        content: Vec<u8>,
    ) -> Result<PutOutcome, ObjectError> {
        let answer = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .if_none_match("*")
            .body(ByteStream::from(content))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(PutOutcome::Written),
            Err(error) => match NoResult::of(&error) {
                NoResult::Refused { code, .. } if code == "PreconditionFailed" => {
                    Ok(PutOutcome::Exists)
                }
                // The other writer has not ended yet.
                NoResult::Refused { code, text } if code == "ConditionalRequestConflict" => {
                    Err(ObjectError::Transient(text))
                }
                error => Err(object_error(error)),
            },
        }
    }
}

/// What the answer says beside its content.
struct Head {
    content_range: Option<String>,
    etag: Option<String>,
}

async fn download(
    call: GetObjectFluentBuilder,
    bytes_max: usize,
) -> Result<(Vec<u8>, Head), ObjectError> {
    let answer = call
        .send()
        .await
        .map_err(|error| object_error(NoResult::of(&error)))?;
    let said = answer.content_length.unwrap_or_default();
    if usize::try_from(said).is_ok_and(|said| said > bytes_max) {
        return Err(ObjectError::TooLarge { bytes_max });
    }
    let head = Head {
        content_range: answer.content_range,
        etag: answer.e_tag,
    };
    let content = tokio::time::timeout(DOWNLOAD, read(answer.body, bytes_max))
        .await
        .unwrap_or_else(|_| {
            Err(ObjectError::Transient(format!(
                "the content did not come within {} s",
                DOWNLOAD.as_secs()
            )))
        })?;
    Ok((content, head))
}

/// The size in `bytes 5-9/10`.
fn parse_size(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.parse().ok()
}

async fn read(mut body: ByteStream, bytes_max: usize) -> Result<Vec<u8>, ObjectError> {
    let mut content = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| ObjectError::Transient(error.to_string()))?;
        if content.len() + chunk.len() > bytes_max {
            return Err(ObjectError::TooLarge { bytes_max });
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

fn object_error(error: NoResult) -> ObjectError {
    match error {
        NoResult::NotNow(text) | NoResult::Unknown(text) => ObjectError::Transient(text),
        NoResult::Refused { code, .. } if code == "NoSuchKey" => ObjectError::NotFound,
        NoResult::Refused { code, .. } if code == "InvalidRange" => ObjectError::Empty,
        // Another content was written since the first part was read.
        NoResult::Refused { code, text } if code == "PreconditionFailed" => {
            ObjectError::Transient(text)
        }
        // Our own failure to ask.
        NoResult::Refused { code, text } if code.is_empty() => ObjectError::Transient(text),
        NoResult::Refused { text, .. } => ObjectError::Denied(text),
    }
}
