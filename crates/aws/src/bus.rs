//! Notices, on the deployment's event bus.

#[cfg(test)]
mod tests;

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use downriver_engine::ports::{Bus, Notice, QueueError};
use downriver_engine::wire::messages::{NOTICE_SOURCE, encode_notice};

use crate::error::NoResult;
use crate::trace::TraceHeader;

/// Entries that `PutEvents` takes in one call.
const ENTRIES_MAX: usize = 10;
/// Bytes of one call. EventBridge takes less than 1 MB; it was 256 KB until lately, and ten notices have less mostly.
const CALL_BYTES_MAX: usize = 240_000;
/// What the envelope of an entry counts for, generously.
const ENVELOPE_BYTES: usize = 200;
/// Calls for the entries of one call, those that repeat what was refused included.
const TRIES_MAX: u32 = 3;
/// The first wait between them.
const PAUSE: Duration = Duration::from_millis(100);
/// Of `PutEventsResultEntry.ErrorCode` in the service model, those that it says to repeat.
const MAY_PASS_LATER: [&str; 2] = ["InternalFailure", "ThrottlingException"];

/// Publishes notices. Best effort, as the port says: what is told also stands in the history, and an event bus that is
/// down must not stop rebuilds. So what could not be told, after repetitions, is logged and is no error.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    name: String,
    deployment: String,
    trace: TraceHeader,
}

impl EventBus {
    /// `name` of the bus; `deployment` is what notices say they are from.
    pub fn new(client: Client, name: String, deployment: String, trace: TraceHeader) -> Self {
        Self {
            client,
            name,
            deployment,
            trace,
        }
    }

    /// Sends entries until all are taken, or it does not help any more.
    async fn put(&self, mut entries: Vec<PutEventsRequestEntry>) {
        for tried in 1..=TRIES_MAX {
            let refused = match self
                .client
                .put_events()
                .set_entries(Some(entries.clone()))
                .send()
                .await
            {
                Ok(answer) if answer.failed_entry_count() == 0 => return,
                Ok(answer) => refused(answer.entries()),
                // The client tried this again itself.
                Err(error) => return lost(entries.len(), &NoResult::of(&error).into_text()),
            };
            let is_over = tried == TRIES_MAX || refused.iter().all(|entry| !entry.may_pass_later);
            if is_over {
                return lost(
                    refused.len(),
                    &refused
                        .first()
                        .map(|entry| entry.reason.clone())
                        .unwrap_or_default(),
                );
            }
            tokio::time::sleep(PAUSE * tried).await;
            entries = refused
                .iter()
                .filter_map(|entry| entries.get(entry.index).cloned())
                .collect();
        }
    }

    fn entry(&self, notice: &Notice) -> (PutEventsRequestEntry, usize) {
        let encoded = encode_notice(notice, &self.deployment);
        let bytes = encoded.detail.len() + encoded.detail_type.len() + ENVELOPE_BYTES;
        let millis = u64::try_from(notice.at.unix_millis()).unwrap_or(0);
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(NOTICE_SOURCE)
            .detail_type(encoded.detail_type)
            .detail(encoded.detail)
            .time((UNIX_EPOCH + Duration::from_millis(millis)).into())
            .set_trace_header(self.trace.get())
            .build();
        (entry, bytes)
    }
}

impl Bus for EventBus {
    async fn publish(&self, notices: &[Notice]) -> Result<(), QueueError> {
        let mut entries = Vec::new();
        let mut bytes_sum = 0;
        for notice in notices {
            let (entry, bytes) = self.entry(notice);
            let is_full = entries.len() == ENTRIES_MAX || bytes_sum + bytes > CALL_BYTES_MAX;
            if is_full && !entries.is_empty() {
                self.put(std::mem::take(&mut entries)).await;
                bytes_sum = 0;
            }
            bytes_sum += bytes;
            entries.push(entry);
        }
        if !entries.is_empty() {
            self.put(entries).await;
        }
        Ok(())
    }
}

struct Refused {
    /// Of the entry in its call.
    index: usize,
    may_pass_later: bool,
    reason: String,
}

/// The entries that were not taken, though the call was.
fn refused(results: &[PutEventsResultEntry]) -> Vec<Refused> {
    results
        .iter()
        .enumerate()
        .filter_map(|(index, result)| {
            let code = result.error_code()?;
            Some(Refused {
                index,
                may_pass_later: MAY_PASS_LATER.contains(&code),
                reason: format!("{code}: {}", result.error_message().unwrap_or_default()),
            })
        })
        .collect()
}

fn lost(notices: usize, reason: &str) {
    tracing::warn!(
        notices,
        reason,
        "notices could not be published; they stand in the history"
    );
}
