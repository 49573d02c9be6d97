//! The queue that a function's messages come from, and the quarantine queue.

#[cfg(test)]
mod tests;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue};
use aws_smithy_types::error::display::DisplayErrorContext;
use downriver_engine::ports::{Clock as _, QueueError};
use downriver_engine::wire::messages::format_time;

use super::batch::{Delivery, Returns};
use crate::clock::SystemClock;

/// What stands in the attribute `reason`.
const REASON_CHARS_MAX: usize = 1_000;
/// Entries that `ChangeMessageVisibilityBatch` takes.
const BATCH_MAX: usize = 10;

/// Both queues of a function, through one client.
#[derive(Debug)]
pub struct MessageReturns<'a> {
    pub client: &'a Client,
    /// `None`: this function has none, and nothing can be quarantined.
    pub quarantine_queue_url: Option<&'a str>,
}

impl Returns for MessageReturns<'_> {
    async fn quarantine(&self, delivery: &Delivery, reason: &str) -> Result<(), QueueError> {
        let Some(url) = self.quarantine_queue_url else {
            return Err(QueueError(
                "this function has no quarantine queue".to_owned(),
            ));
        };
        let at = format_time(SystemClock.now());
        let sent = self
            .client
            .send_message()
            .queue_url(url)
            .message_body(&delivery.body)
            .message_attributes("reason", attribute(&told(reason))?)
            .message_attributes("from_queue", attribute(delivery.queue())?)
            .message_attributes("message_id", attribute(&delivery.id)?)
            .message_attributes("quarantined_at", attribute(&at)?)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => Err(QueueError(DisplayErrorContext(error).to_string())),
        }
    }

    async fn deliver_again(&self, deliveries: &[(&Delivery, u32)]) {
        for deliveries in deliveries.chunks(BATCH_MAX) {
            let (Some((first, _)), Some(url)) = (deliveries.first(), self.quarantine_queue_url)
            else {
                return;
            };
            let url = sibling_url(url, first.queue());
            let mut request = self.client.change_message_visibility_batch().queue_url(url);
            for (index, (delivery, secs)) in deliveries.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(&delivery.receipt_handle)
                    .visibility_timeout(i32::try_from(*secs).unwrap_or(i32::MAX))
                    .build()
                    .expect("both required fields are set");
                request = request.entries(entry);
            }
            if let Err(error) = request.send().await {
                let reason = DisplayErrorContext(error).to_string();
                tracing::warn!(
                    reason,
                    "messages are delivered again later than they could be"
                );
                return;
            }
        }
    }
}

/// The URL of another queue of the same account: an event names the queue's ARN, requests need its URL.
fn sibling_url(url: &str, name: &str) -> String {
    let account = url.rsplit_once('/').map_or(url, |(account, _)| account);
    format!("{account}/{name}")
}

/// At most as many characters as fit, and only such as SQS takes: an attribute may be neither empty nor hold controls.
fn told(reason: &str) -> String {
    let visible: String = reason
        .chars()
        .take(REASON_CHARS_MAX)
        .map(|char| {
            let is_refused = char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}');
            if is_refused { ' ' } else { char }
        })
        .collect();
    if visible.trim().is_empty() {
        "no reason was told".to_owned()
    } else {
        visible
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, QueueError> {
    let value = if value.is_empty() { "unknown" } else { value };
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| QueueError(error.to_string()))
}
