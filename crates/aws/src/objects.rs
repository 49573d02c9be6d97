//! Objects in the deployment's bucket: catalogs that were uploaded, and what became of them.

#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use crate::error::NoResult;

/// The longest that the content of one object may take to come.
const DOWNLOAD: Duration = Duration::from_mins(1);

/// Why an object could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    #[error("the object does not exist")]
    NotFound,
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
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
            .map_err(|error| object_error(NoResult::of(&error)))?;
        let said = answer.content_length().unwrap_or_default();
        if usize::try_from(said).is_ok_and(|said| said > bytes_max) {
            return Err(ObjectError::TooLarge { bytes_max });
        }
        tokio::time::timeout(DOWNLOAD, read(answer.body, bytes_max))
            .await
            .unwrap_or_else(|_| {
                Err(ObjectError::Transient(format!(
                    "the content did not come within {} s",
                    DOWNLOAD.as_secs()
                )))
            })
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
        // Our own failure to ask.
        NoResult::Refused { code, text } if code.is_empty() => ObjectError::Transient(text),
        NoResult::Refused { text, .. } => ObjectError::Denied(text),
    }
}
