//! Events put on the account's default bus, as anybody may who is not AWS.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use downriver_domain::Timestamp;

use super::Deployment;
use super::error::{DeploymentError, classify};
use super::sending::{Refusal, pause_before};

/// EventBridge's own limits of one call.
pub const BUS_EVENTS_MAX: usize = 10;
pub const BUS_BYTES_MAX: usize = 1_000_000;

const ROUNDS_MAX: u32 = 5;
/// Codes of what will not be taken later either.
const FINAL_CODES: &[&str] = &[
    "InvalidArgument",
    "InvalidAccountIdException",
    "MalformedDetail",
    "NoPermissionsException",
    "NotAuthorizedForDetailTypeException",
    "NotAuthorizedForSourceException",
    "RedactionFailure",
];

/// What of an event one may choose; EventBridge sets its account, region and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    pub source: String,
    pub detail_type: String,
    /// A JSON object.
    pub detail: String,
    pub resources: Vec<String>,
    pub time: Option<Timestamp>,
}

impl BusEvent {
    /// What EventBridge counts.
    pub fn bytes_len(&self) -> usize {
        const TIME_LEN: usize = 14;
        let resources: usize = self.resources.iter().map(String::len).sum();
        TIME_LEN + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }
}

impl Deployment {
    /// Puts events on the default bus: at most [`BUS_EVENTS_MAX`], and [`BUS_BYTES_MAX`] together. Returns those that
    /// were refused.
    pub async fn put_events(&self, events: &[&BusEvent]) -> Result<Vec<Refusal>, DeploymentError> {
        let mut open: Vec<usize> = (0..events.len()).collect();
        let mut refused = Vec::new();
        for round in 0..ROUNDS_MAX {
            if open.is_empty() {
                break;
            }
            pause_before(round).await;
            let entries = open.iter().map(|index| entry_of(events[*index]));
            let put = self
                .events
                .put_events()
                .set_entries(Some(entries.collect()))
                .send()
                .await
                .map_err(|error| classify("events:PutEvents", error))?;
            let mut again = Vec::new();
            // One result for each entry, in order.
            for (index, result) in open.iter().zip(put.entries()) {
                let Some(code) = result.error_code() else {
                    continue;
                };
                if FINAL_CODES.contains(&code) || round + 1 == ROUNDS_MAX {
                    refused.push(Refusal {
                        index: *index,
                        reason: format!("{} ({code})", result.error_message().unwrap_or("refused")),
                    });
                } else {
                    again.push(*index);
                }
            }
            open = again;
        }
        refused.sort_by_key(|refusal| refusal.index);
        Ok(refused)
    }
}

fn entry_of(event: &BusEvent) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source(&event.source)
        .detail_type(&event.detail_type)
        .detail(&event.detail)
        .set_resources((!event.resources.is_empty()).then(|| event.resources.clone()))
        .set_time(event.time.map(|at| DateTime::from_millis(at.unix_millis())))
        .build()
}
