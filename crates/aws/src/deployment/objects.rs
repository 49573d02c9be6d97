//! What is put into the deployment's bucket, and read back.

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::primitives::ByteStream;

use super::Deployment;
use super::error::{DeploymentError, classify};

/// The largest answer that is read.
const ANSWER_BYTES_MAX: i64 = 16 * 1024 * 1024;

/// An object as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Another one after each time it was written.
    pub version: String,
    pub bytes: Vec<u8>,
}

impl Deployment {
    pub async fn put_object(&self, key: &str, bytes: Vec<u8>) -> Result<(), DeploymentError> {
        self.s3
            .put_object()
            .bucket(&self.outputs.bucket)
            .key(key)
            .content_type("application/json")
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|error| classify("s3:PutObject", error))?;
        Ok(())
    }

    /// None if there is no such object.
    pub async fn load_object(&self, key: &str) -> Result<Option<StoredObject>, DeploymentError> {
        let got = self
            .s3
            .get_object()
            .bucket(&self.outputs.bucket)
            .key(key)
            .send()
            .await;
        let got = match got {
            Ok(got) => got,
            Err(SdkError::ServiceError(answer)) if answer.err().is_no_such_key() => {
                return Ok(None);
            }
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(classify("s3:GetObject", error)),
        };
        if got.content_length().unwrap_or_default() > ANSWER_BYTES_MAX {
            return Err(DeploymentError::Refused {
                action: "s3:GetObject",
                detail: format!("{key} is larger than {ANSWER_BYTES_MAX} bytes"),
            });
        }
        let written_at = got.last_modified().map(ToString::to_string);
        let version = [got.version_id(), written_at.as_deref(), got.e_tag()]
            .map(Option::unwrap_or_default)
            .join(" ");
        let bytes = got
            .body
            .collect()
            .await
            .map_err(|error| DeploymentError::Unreachable {
                action: "s3:GetObject",
                detail: error.to_string(),
            })?;
        Ok(Some(StoredObject {
            version,
            bytes: bytes.to_vec(),
        }))
    }
}
