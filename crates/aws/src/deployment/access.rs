//! Region, credentials and connections, found as AWS's own tools find them.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::error::display::DisplayErrorContext;

use super::error::DeploymentError;

/// A person waits: what does not answer by then is said to be unreachable.
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(20);
const OPERATION: Duration = Duration::from_mins(1);
const ATTEMPTS_MAX: u32 = 4;

/// What the person said about where the deployment is; what is left out comes from the environment and the AWS
/// configuration files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    pub region: Option<String>,
    pub profile: Option<String>,
}

/// The configuration of all clients, with credentials that were there at least once.
pub(super) async fn load(access: &Access) -> Result<SdkConfig, DeploymentError> {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX));
    if let Some(region) = &access.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    let config = loader.load().await;
    region_of(&config)?;
    check_credentials(&config).await?;
    Ok(config)
}

pub(super) fn region_of(config: &SdkConfig) -> Result<String, DeploymentError> {
    let region = config.region().ok_or(DeploymentError::NoRegion)?;
    Ok(region.to_string())
}

async fn check_credentials(config: &SdkConfig) -> Result<(), DeploymentError> {
    let Some(provider) = config.credentials_provider() else {
        return Err(DeploymentError::NoCredentials);
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Err(DeploymentError::NoCredentials),
        Err(error) => Err(DeploymentError::BadCredentials(
            DisplayErrorContext(error).to_string(),
        )),
    }
}

/// The account that the credentials belong to, for a message; calling it needs no permission.
pub(super) async fn account_of(config: &SdkConfig) -> Option<String> {
    let identity = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await;
    identity.ok()?.account
}
