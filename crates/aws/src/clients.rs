//! The one place that configures clients: Region, credentials, endpoints, TLS, time-outs, repetitions. Built once, outside the
//! handler.
//!
//! In a function everything comes from environment variables that Lambda sets, so nothing is looked up: no configuration
//! files, no instance metadata, no DNS. Certificates of the system are read once, while the function initialises, where
//! Lambda gives it a whole processor. Must not know what a call is for: what is special about one stands beside it.

mod connections;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use downriver_domain::RegionName;

/// Tries of one call, the first one included. Throttling and lost answers beyond them are for the queue, which delivers
/// again later.
pub const ATTEMPTS_MAX: u32 = 3;
/// The longest wait before the second try, and before any.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// What the waits between the tries can sum up to: 100 ms, then 200 ms, and a little.
const BACKOFFS_SUM: Duration = Duration::from_millis(400);
/// A connection to the same Region takes milliseconds; one that takes longer is tried again instead.
const CONNECT: Duration = Duration::from_secs(2);
/// The longest that all tries of one call may take, however much time a function has.
const OPERATION_MAX: Duration = Duration::from_secs(15);
/// A stream that brings nothing for this long has broken.
const STALLED: Duration = Duration::from_secs(5);

/// Why there can be no clients.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientsError {
    #[error("failed to find the Region: set AWS_REGION, which Lambda sets for functions")]
    NoRegion,
    #[error(
        "failed to read {variable}: `{found}` is no endpoint; expected `http://` or `https://`, a host, and nothing secret"
    )]
    InvalidEndpoint { variable: String, found: String },
}

/// Makes clients. Cheap to clone; all clients of one share their connections.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
    endpoints: Endpoints,
    timeouts: Timeouts,
}

/// How long calls may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// All tries of a call together.
    pub(crate) operation: Duration,
    /// One try.
    pub(crate) attempt: Duration,
    /// Until a connection stands, TLS included.
    pub(crate) connect: Duration,
}

/// Endpoints that take the place of AWS's own: emulators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Endpoints {
    codeartifact: Option<String>,
    codepipeline: Option<String>,
    dynamodb: Option<String>,
    eventbridge: Option<String>,
    s3: Option<String>,
    sqs: Option<String>,
    sts: Option<String>,
}

impl Clients {
    /// From this process's environment; `time_limit` is the function's time-out. Reads variables and nothing else.
    pub fn from_environment(time_limit: Duration) -> Result<Self, ClientsError> {
        Self::read(|name| std::env::var(name).ok(), time_limit)
    }

    /// From variables wherever they stand. Those that are set and empty count as not set. Credentials are read from the
    /// process's own environment, when they are first needed.
    pub fn read(
        lookup: impl Fn(&str) -> Option<String>,
        time_limit: Duration,
    ) -> Result<Self, ClientsError> {
        let value = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let region = value("AWS_REGION")
            .or_else(|| value("AWS_DEFAULT_REGION"))
            .ok_or(ClientsError::NoRegion)?;
        let endpoint = |variable: &str| -> Result<Option<String>, ClientsError> {
            let found = value(variable).map(|found| found.trim().to_owned());
            if let Some(found) = &found
                && !is_endpoint(found)
            {
                return Err(ClientsError::InvalidEndpoint {
                    variable: variable.to_owned(),
                    found: found.escape_debug().take(100).collect(),
                });
            }
            Ok(found)
        };
        let general = endpoint("AWS_ENDPOINT_URL")?;
        let of = |service: &str| -> Result<Option<String>, ClientsError> {
            let own = endpoint(&format!("AWS_ENDPOINT_URL_{service}"))?;
            Ok(own.or_else(|| general.clone()))
        };
        let endpoints = Endpoints {
            codeartifact: of("CODEARTIFACT")?,
            codepipeline: of("CODEPIPELINE")?,
            dynamodb: of("DYNAMODB")?,
            eventbridge: of("EVENTBRIDGE")?,
            s3: of("S3")?,
            sqs: of("SQS")?,
            sts: of("STS")?,
        };
        let timeouts = Timeouts::within(time_limit);
        Ok(Self {
            config: configure(Region::new(region), timeouts),
            endpoints,
            timeouts,
        })
    }

    /// On a configuration that was found elsewhere: the command line's.
    pub fn from_config(config: SdkConfig) -> Self {
        Self {
            config,
            endpoints: Endpoints::default(),
            timeouts: Timeouts::within(2 * OPERATION_MAX),
        }
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut builder = aws_sdk_dynamodb::config::Builder::from(&self.config);
        replace(self.endpoints.dynamodb.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        aws_sdk_dynamodb::Client::from_conf(builder.build())
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut builder = aws_sdk_sqs::config::Builder::from(&self.config);
        replace(self.endpoints.sqs.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        aws_sdk_sqs::Client::from_conf(builder.build())
    }

    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        let mut builder = aws_sdk_eventbridge::config::Builder::from(&self.config);
        replace(self.endpoints.eventbridge.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        aws_sdk_eventbridge::Client::from_conf(builder.build())
    }

    /// For buses of another Region, and calls that are sent once.
    pub(crate) fn eventbridge_config(
        &self,
        region: &RegionName,
    ) -> aws_sdk_eventbridge::config::Builder {
        let mut builder = aws_sdk_eventbridge::config::Builder::from(&self.config)
            .region(Region::new(region.as_str().to_owned()));
        replace(self.endpoints.eventbridge.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        builder
    }

    /// Names buckets in the path where the endpoint is an emulator's, which has no host for each.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        self.s3_with(aws_sdk_s3::config::Builder::from(&self.config))
    }

    /// For buckets of this Region: S3 answers from no other. Without credentials, with the process's own.
    pub(crate) fn s3_in(
        &self,
        region: &RegionName,
        credentials: Option<SharedCredentialsProvider>,
    ) -> aws_sdk_s3::Client {
        let mut builder = aws_sdk_s3::config::Builder::from(&self.config)
            .region(Region::new(region.as_str().to_owned()));
        if let Some(credentials) = credentials {
            builder = builder.credentials_provider(credentials);
        }
        self.s3_with(builder)
    }

    fn s3_with(&self, mut builder: aws_sdk_s3::config::Builder) -> aws_sdk_s3::Client {
        let is_emulator = self.endpoints.s3.is_some() || self.config.endpoint_url().is_some();
        builder.set_force_path_style(is_emulator.then_some(true));
        replace(self.endpoints.s3.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        aws_sdk_s3::Client::from_conf(builder.build())
    }

    pub fn sts(&self) -> aws_sdk_sts::Client {
        let mut builder = aws_sdk_sts::config::Builder::from(&self.config);
        replace(self.endpoints.sts.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        aws_sdk_sts::Client::from_conf(builder.build())
    }

    pub fn codeartifact(&self) -> aws_sdk_codeartifact::Client {
        let mut builder = aws_sdk_codeartifact::config::Builder::from(&self.config);
        replace(self.endpoints.codeartifact.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        aws_sdk_codeartifact::Client::from_conf(builder.build())
    }

    pub fn codepipeline(&self, region: &RegionName) -> aws_sdk_codepipeline::Client {
        aws_sdk_codepipeline::Client::from_conf(self.codepipeline_config(region).build())
    }

    /// For a client with its own credentials.
    pub(crate) fn codepipeline_config(
        &self,
        region: &RegionName,
    ) -> aws_sdk_codepipeline::config::Builder {
        let mut builder = aws_sdk_codepipeline::config::Builder::from(&self.config)
            .region(Region::new(region.as_str().to_owned()));
        replace(self.endpoints.codepipeline.as_ref(), |url| {
            builder.set_endpoint_url(Some(url));
        });
        builder
    }

    #[cfg(test)]
    pub(crate) fn with_credentials(self, key_id: &str, secret: &str) -> Self {
        let credentials = aws_sdk_sts::config::Credentials::new(key_id, secret, None, None, "test");
        let config = self.config.into_builder();
        Self {
            config: config
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build(),
            ..self
        }
    }

    pub(crate) const fn timeouts(&self) -> Timeouts {
        self.timeouts
    }
}

impl Timeouts {
    /// All tries of one call end within half of the function's time, so that what follows a call that hangs is still
    /// written down.
    fn within(time_limit: Duration) -> Self {
        let operation = (time_limit / 2).min(OPERATION_MAX);
        let attempt = operation.saturating_sub(BACKOFFS_SUM) / ATTEMPTS_MAX;
        Self {
            operation,
            attempt: attempt.max(operation / (2 * ATTEMPTS_MAX)),
            connect: CONNECT.min(operation / 2),
        }
    }

    /// For the SDK.
    pub(crate) fn config(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }
}

fn configure(region: Region, timeouts: Timeouts) -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let app_name = concat!("downriver-", env!("CARGO_PKG_VERSION"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(credentials)
        .http_client(connections::open())
        .retry_config(retries())
        .timeout_config(timeouts.config())
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled()
                .grace_period(STALLED)
                .build(),
        )
        .app_name(AppName::new(app_name).expect("letters, digits, `-` and `.`"))
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(BACKOFF.0)
        .with_max_backoff(BACKOFF.1)
}

fn replace(endpoint: Option<&String>, set: impl FnOnce(String)) {
    if let Some(url) = endpoint {
        set(url.clone());
    }
}

fn is_endpoint(text: &str) -> bool {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| {
        !host.is_empty() && !host.starts_with('/') && !host.contains(['@', ' ', '?', '#'])
    })
}
