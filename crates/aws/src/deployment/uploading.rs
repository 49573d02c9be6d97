//! What a build tells of itself, put where the deployment looks for it. Needs no more than to write there.

use aws_sdk_s3::primitives::ByteStream;
use downriver_domain::{ApplicationId, PipelineExecutionId};

use super::access::{self, Access};
use super::error::{DeploymentError, classify};
use crate::clients::Clients;

/// Where a report about an execution lies; one that does not say which is found by its time.
pub fn upload_key(
    application: &ApplicationId,
    execution: Option<&PipelineExecutionId>,
    name: &str,
) -> String {
    match execution {
        Some(execution) => format!("sbom/{application}/{execution}/{name}"),
        None => format!("sbom/{application}/{name}"),
    }
}

/// Writes a JSON document into a bucket, in the place of what stands there. Needs `s3:PutObject` on the key.
pub async fn upload(
    access: &Access,
    bucket: &str,
    key: &str,
    bytes: Vec<u8>,
) -> Result<(), DeploymentError> {
    let clients = Clients::from_config(access::load(access).await?);
    clients
        .s3()
        .put_object()
        .bucket(bucket)
        .key(key)
        .content_type("application/json")
        .body(ByteStream::from(bytes))
        .send()
        .await
        .map_err(|error| classify("s3:PutObject", error))?;
    Ok(())
}
