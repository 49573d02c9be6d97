//! The call that must not happen twice, and what its answer means.

use aws_sdk_codepipeline::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_codepipeline::error::SdkError;
use aws_sdk_codepipeline::operation::start_pipeline_execution::StartPipelineExecutionError;
use aws_sdk_codepipeline::types::PipelineVariable;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use downriver_domain::PipelineExecutionId;
use downriver_engine::ports::{StartError, StartExecution};

use super::StarterRole;
use crate::clients::Clients;
use crate::error::NoResult;

/// The shortest that STS gives; the session is used for one call.
const SESSION_SECS: i32 = 900;
const TOO_MANY_REQUESTS: u16 = 429;

/// Starts under a session of the role that is named after the attempt: CodePipeline shows that name in the execution's
/// trigger, by which it is found again.
///
/// The session is fresh for each attempt. The start itself is sent once: the engine knows what a lost answer means and
/// looks first, and it spreads what was throttled over minutes. `AssumeRole` starts nothing and is repeated by the client.
pub(super) async fn start(
    clients: &Clients,
    sts: &aws_sdk_sts::Client,
    role: &StarterRole,
    start: &StartExecution,
) -> Result<PipelineExecutionId, StartError> {
    let credentials = assume(sts, role, start).await?;
    let timeouts = clients.timeouts();
    let once = TimeoutConfig::builder()
        .connect_timeout(timeouts.connect)
        .operation_timeout(timeouts.operation)
        .operation_attempt_timeout(timeouts.operation)
        .build();
    let config = clients
        .codepipeline_config(&start.pipeline.target.region)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .timeout_config(once)
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
        Err(error) => Err(start_error(&error)),
    }
}

/// Whatever fails here, nothing was started.
async fn assume(
    sts: &aws_sdk_sts::Client,
    role: &StarterRole,
    start: &StartExecution,
) -> Result<Credentials, StartError> {
    let answer = sts
        .assume_role()
        .role_arn(role.arn())
        .role_session_name(start.attempt.as_str())
        .duration_seconds(SESSION_SECS)
        .send()
        .await;
    let later = |reason: &str| {
        tracing::warn!(
            attempt = %start.attempt,
            reason,
            "the session to start an execution under was not given; nothing was started"
        );
        StartError::Throttled
    };
    match answer {
        Ok(answer) => {
            let given = answer
                .credentials
                .ok_or_else(|| later("the answer has no credentials"))?;
            Ok(Credentials::new(
                given.access_key_id,
                given.secret_access_key,
                Some(given.session_token),
                // Used at once and thrown away: nothing renews it, whatever the clocks say.
                None,
                "starter role",
            ))
        }
        Err(error) => match NoResult::of(&error) {
            NoResult::Refused { code, text } if !code.is_empty() => Err(StartError::Denied(
                format!("assuming role {}: {text}", role.arn()),
            )),
            error => Err(later(&error.into_text())),
        },
    }
}

fn start_error(error: &SdkError<StartPipelineExecutionError, HttpResponse>) -> StartError {
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
            // Something that stands between us and CodePipeline answered; what it did with the call is not known.
            "" if status.is_some() => StartError::Unknown(text),
            _ => StartError::Invalid(text),
        },
    }
}
