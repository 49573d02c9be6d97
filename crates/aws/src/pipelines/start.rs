//! The call that must not happen twice, and what its answer means.

use std::error::Error;

use aws_sdk_codepipeline::config::SharedCredentialsProvider;
use aws_sdk_codepipeline::error::SdkError;
use aws_sdk_codepipeline::types::PipelineVariable;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use downriver_domain::PipelineExecutionId;
use downriver_engine::ports::{StartError, StartExecution};

use super::sessions::{NotAssumed, Role, START_SECS, assume};
use crate::clients::Clients;
use crate::error::NoResult;

const TOO_MANY_REQUESTS: u16 = 429;

/// Starts under a session of the role that is named after the attempt: CodePipeline shows that name in the execution's
/// trigger, by which it is found again.
///
/// The session is fresh for each attempt. The start itself is sent once: the engine knows what a lost answer means and
/// looks first, and it spreads what was throttled over minutes. `AssumeRole` starts nothing and is repeated by the client.
pub(super) async fn start(
    clients: &Clients,
    sts: &aws_sdk_sts::Client,
    role: &Role,
    start: &StartExecution,
) -> Result<PipelineExecutionId, StartError> {
    let session = assume(sts, role, start.attempt.as_str(), START_SECS).await;
    let (credentials, _) = session.map_err(|error| not_assumed(start, error))?;
    let config = clients
        .codepipeline_config(&start.pipeline.target.region)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .timeout_config(once(clients))
        .build();
    let variables = start.variables.iter().map(|(name, value)| {
        PipelineVariable::builder()
            .name(name)
            .value(value)
            .build()
            .expect("a name and a value are all it takes")
    });
    let variables: Vec<PipelineVariable> = variables.collect();
    let answer = aws_sdk_codepipeline::Client::from_conf(config)
        .start_pipeline_execution()
        .name(start.pipeline.name.as_str())
        .client_request_token(start.token.as_str())
        .set_variables((!variables.is_empty()).then_some(variables))
        .send()
        .await;
    match answer {
        Ok(started) => {
            let id = started.pipeline_execution_id().unwrap_or_default();
            id.parse().map_err(|error| {
                StartError::Unknown(format!("the answer names no execution: {error}"))
            })
        }
        Err(error) => Err(in_spoke(role, start_error(&error))),
    }
}

/// For a call that is sent once: its one try may take all the time.
pub(super) fn once(clients: &Clients) -> TimeoutConfig {
    let timeouts = clients.timeouts();
    TimeoutConfig::builder()
        .connect_timeout(timeouts.connect)
        .operation_timeout(timeouts.operation)
        .operation_attempt_timeout(timeouts.operation)
        .build()
}

/// Without a session nothing was started.
fn not_assumed(start: &StartExecution, error: NotAssumed) -> StartError {
    match error {
        NotAssumed::Refused(text) => StartError::Denied(text),
        NotAssumed::Later(reason) => {
            tracing::warn!(
                attempt = %start.attempt,
                reason,
                "the session to start an execution under was not given; nothing was started"
            );
            StartError::Throttled
        }
    }
}

/// A refusal of another account, with what a person does about it there.
fn in_spoke(role: &Role, error: StartError) -> StartError {
    match (error, &role.of_spoke) {
        (StartError::Denied(text), Some((account, _))) => StartError::Denied(format!(
            "{text}; let the parameters of infra/spoke in account {account} name the pipeline, by its ARN or its tag"
        )),
        (error, _) => error,
    }
}

pub(super) fn start_error<E>(error: &SdkError<E, HttpResponse>) -> StartError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let status = match error {
        SdkError::ServiceError(answer) => Some(answer.raw().status().as_u16()),
        _ => None,
    };
    match NoResult::of(error) {
        NoResult::NotNow(_) => StartError::Throttled,
        NoResult::Unknown(text) => StartError::Unknown(text),
        NoResult::Refused { code, text } => match code.as_str() {
            "ConflictException" | "ConcurrentPipelineExecutionsLimitExceededException" => {
                StartError::Busy
            }
            "PipelineNotFoundException" => StartError::NotFound,
            "AccessDenied"
            | "AccessDeniedException"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "NotAuthorized"
            | "OptInRequired"
            | "UnrecognizedClientException" => StartError::Denied(text),
            _ if status == Some(TOO_MANY_REQUESTS) => StartError::Throttled,
            // Something that stands between us and the service answered; what it did with the call is not known.
            "" if status.is_some() => StartError::Unknown(text),
            _ => StartError::Invalid(text),
        },
    }
}
