//! A catalog that was uploaded: read, checked, applied, answered beside it.

use downriver_aws::digest;
use downriver_aws::lambda::batch::Failure;
use downriver_aws::objects::{ObjectError, Objects};
use downriver_engine::ports::{Clock as _, Ports};
use downriver_engine::register;
use downriver_engine::wire::bundle::{BUNDLE_BYTES_MAX, encode_outcome, parse_bundle};
use downriver_engine::wire::messages::CatalogRequest;

/// Applies it and writes the answer. A catalog with problems is answered, not quarantined: whoever uploaded it waits.
pub(crate) async fn apply<P: Ports>(
    ports: &P,
    objects: Option<&Objects>,
    request: &CatalogRequest,
) -> Result<(), Failure> {
    let objects =
        objects.ok_or_else(|| Failure::Refused("this function has no bucket".to_owned()))?;
    if let Some(bucket) = &request.bucket
        && bucket != objects.bucket()
    {
        return Err(Failure::Refused(format!(
            "the upload is in bucket {bucket}: this deployment reads from {} only",
            objects.bucket()
        )));
    }
    let bytes = objects
        .load(&request.key, BUNDLE_BYTES_MAX)
        .await
        .map_err(|error| failure("read", &request.key, &error))?;
    let found = digest::sha256(&bytes);
    if found != request.sha256 {
        return Err(Failure::Refused(format!(
            "{} is not what was sent: its sha256 is {found}, not {}",
            request.key, request.sha256
        )));
    }
    let answer = match parse_bundle(&bytes) {
        Ok(catalog) => {
            let applied = register::apply(ports, &catalog, ports.clock().now()).await?;
            encode_outcome(Ok(&applied))
        }
        Err(problems) => encode_outcome(Err(&problems)),
    };
    let key = format!("{}.result.json", request.key);
    objects
        .put(&key, "application/json", answer)
        .await
        .map_err(|error| failure("write", &key, &error))
}

/// What is not there or too large stays so. Access may be granted, so that is not given up at once.
fn failure(what: &str, key: &str, error: &ObjectError) -> Failure {
    let text = format!("failed to {what} {key}: {error}");
    match error {
        ObjectError::NotFound | ObjectError::Empty | ObjectError::TooLarge { .. } => {
            Failure::Refused(text)
        }
        ObjectError::Denied(_) | ObjectError::Transient(_) => Failure::Transient(text),
    }
}
