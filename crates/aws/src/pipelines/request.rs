//! Asks a rule of another account to start a pipeline, by an event on a bus there, and what the answer means.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::retry::RetryConfig;
use downriver_engine::ports::{REQUESTS_BUS, StartError, StartExecution};
use downriver_engine::wire::messages::{NOTICE_SOURCE, REQUEST_DETAIL_TYPE, encode_request};

use super::start::{once, start_error};
use crate::clients::Clients;

/// Put once, with our own credentials: the policy of the bus says who may. EventBridge takes an event for a bus that does not
/// exist, and drops it.
pub(super) async fn request(
    clients: &Clients,
    partition: &str,
    start: &StartExecution,
) -> Result<(), StartError> {
    let target = &start.pipeline.target;
    let (account, region) = (&target.account, &target.region);
    let bus = format!("arn:{partition}:events:{region}:{account}:event-bus/{REQUESTS_BUS}");
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(NOTICE_SOURCE)
        .detail_type(REQUEST_DETAIL_TYPE)
        .detail(encode_request(start))
        .build();
    let config = clients
        .eventbridge_config(region)
        .retry_config(RetryConfig::disabled())
        .timeout_config(once(clients))
        .build();
    let answer = aws_sdk_eventbridge::Client::from_conf(config)
        .put_events()
        .entries(entry)
        .send()
        .await;
    let refused = match answer {
        Ok(answer) if answer.failed_entry_count() == 0 => return Ok(()),
        Ok(answer) => answer.entries.unwrap_or_default().into_iter().next(),
        Err(error) => return Err(in_account(start, start_error(&error))),
    };
    let (code, message) = refused.map_or_else(Default::default, |entry| {
        let code = entry.error_code.unwrap_or_default();
        (code, entry.error_message.unwrap_or_default())
    });
    Err(in_account(start, entry_error(&code, &message)))
}

/// `PutEventsResultEntry.ErrorCode` of the service model: the call was taken, and the event was not.
fn entry_error(code: &str, message: &str) -> StartError {
    let text = format!("{code}: {message}");
    match code {
        "ThrottlingException" => StartError::Throttled,
        "AccessDeniedException"
        | "NotAuthorizedForDetailTypeException"
        | "NotAuthorizedForSourceException" => StartError::Denied(text),
        // A failure of the service's own, or no reason at all: it may be on its way.
        "InternalException" | "InternalFailure" | "" => StartError::Unknown(text),
        _ => StartError::Invalid(text),
    }
}

/// A refusal, with what a person does about it.
fn in_account(start: &StartExecution, error: StartError) -> StartError {
    match error {
        StartError::Denied(text) => StartError::Denied(format!(
            "{text}; add account {0} to the deployment's parameter EventStartedAccounts, and deploy infra/requests in account {0}",
            start.pipeline.target.account
        )),
        error => error,
    }
}
