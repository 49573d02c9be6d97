//! Messages that failed: what is there and why, and the way back to where they came from.
//!
//! A message is sent first and deleted then: one that breaks off in between is there twice, never nowhere; consumers take
//! the second for a redelivery.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName, QueueAttributeName,
};
use downriver_domain::Timestamp;

use super::Deployment;
use super::error::{DeploymentError, classify};
use super::outputs::DeployedQueue;
use super::sending::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Refusal};

/// Long polling asks all servers, so that an empty answer means an empty queue.
const WAIT_SECS: i32 = 1;
/// Message attributes that say why: ours, EventBridge's and EventBridge Scheduler's, Lambda's.
const REASONS: &[&str] = &["reason", "ERROR_MESSAGE", "ErrorMessage", "ERROR_CODE"];
const FROM_QUEUE: &str = "from_queue";

/// Where failed messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailedQueue {
    DeadLetters(DeployedQueue),
    /// Sweeps that could not be invoked, or failed.
    Sweeps,
    /// What could not be understood.
    Quarantine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedMessage {
    pub id: String,
    pub body: String,
    /// When it came into the queue it failed in.
    pub sent_at: Option<Timestamp>,
    /// Why, if somebody wrote it down.
    pub reason: Option<String>,
    /// The name of the queue that a quarantined message came from.
    pub from_queue: Option<String>,
    receipt: String,
}

/// What became of messages that were to move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moved {
    /// Sent and deleted.
    pub moved: usize,
    /// Sent, but still where they were: their consumer will see them again.
    pub undeleted: usize,
    /// Not sent; they stay where they were.
    pub refused: Vec<Refusal>,
}

impl Deployment {
    /// About how many messages are there, and how many of them somebody holds.
    pub async fn count_failed(&self, queue: FailedQueue) -> Result<(u64, u64), DeploymentError> {
        let visible = QueueAttributeName::ApproximateNumberOfMessages;
        let held = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let read = self
            .sqs
            .get_queue_attributes()
            .queue_url(self.outputs.failed_url(queue))
            .attribute_names(visible.clone())
            .attribute_names(held.clone())
            .send()
            .await
            .map_err(|error| classify("sqs:GetQueueAttributes", error))?;
        let count = |name: &QueueAttributeName| {
            let value = read.attributes().and_then(|values| values.get(name));
            value.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        Ok((count(&visible), count(&held)))
    }

    /// Takes at most [`BATCH_MESSAGES_MAX`] messages, and at most `most`; nobody else sees them for `hold_secs`.
    pub async fn receive_failed(
        &self,
        queue: FailedQueue,
        most: usize,
        hold_secs: i32,
    ) -> Result<Vec<FailedMessage>, DeploymentError> {
        let most = most.clamp(1, BATCH_MESSAGES_MAX);
        let received = self
            .sqs
            .receive_message()
            .queue_url(self.outputs.failed_url(queue))
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .visibility_timeout(hold_secs)
            .wait_time_seconds(WAIT_SECS)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| classify("sqs:ReceiveMessage", error))?;
        let messages = received.messages.unwrap_or_default();
        Ok(messages.into_iter().filter_map(failed).collect())
    }

    /// Sends messages back and deletes those that were taken; the others stay held.
    pub async fn send_back(
        &self,
        from: FailedQueue,
        to: DeployedQueue,
        messages: &[FailedMessage],
    ) -> Result<Moved, DeploymentError> {
        let mut outcome = Moved::default();
        let mut rest = messages;
        let mut offset = 0;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(fitting(rest));
            let bodies: Vec<&str> = batch.iter().map(|message| message.body.as_str()).collect();
            let refused = self.send_messages(to, &bodies).await?;
            let is_refused = |index: usize| refused.iter().any(|refusal| refusal.index == index);
            let sent: Vec<&FailedMessage> = batch
                .iter()
                .enumerate()
                .filter(|(index, _)| !is_refused(*index))
                .map(|(_, message)| message)
                .collect();
            let undeleted = self.delete(from, &sent).await?;
            outcome.moved += sent.len() - undeleted;
            outcome.undeleted += undeleted;
            outcome
                .refused
                .extend(refused.into_iter().map(|refusal| Refusal {
                    index: refusal.index + offset,
                    ..refusal
                }));
            offset += batch.len();
            rest = later;
        }
        Ok(outcome)
    }

    /// Lets others see messages again at once.
    pub async fn release(
        &self,
        queue: FailedQueue,
        messages: &[FailedMessage],
    ) -> Result<(), DeploymentError> {
        for batch in messages.chunks(BATCH_MESSAGES_MAX) {
            let entries = batch
                .iter()
                .enumerate()
                .map(|(index, message)| let_go(index, message));
            // One that is not let go comes back by itself when its time is up.
            self.sqs
                .change_message_visibility_batch()
                .queue_url(self.outputs.failed_url(queue))
                .set_entries(Some(entries.collect()))
                .send()
                .await
                .map_err(|error| classify("sqs:ChangeMessageVisibility", error))?;
        }
        Ok(())
    }

    /// Returns how many could not be deleted.
    async fn delete(
        &self,
        queue: FailedQueue,
        messages: &[&FailedMessage],
    ) -> Result<usize, DeploymentError> {
        if messages.is_empty() {
            return Ok(0);
        }
        let entries = messages.iter().enumerate().map(|(index, message)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&message.receipt)
                .build()
                .expect("id and receipt are set")
        });
        let deleted = self
            .sqs
            .delete_message_batch()
            .queue_url(self.outputs.failed_url(queue))
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map_err(|error| classify("sqs:DeleteMessage", error))?;
        Ok(deleted.failed().len())
    }
}

fn let_go(index: usize, message: &FailedMessage) -> ChangeMessageVisibilityBatchRequestEntry {
    ChangeMessageVisibilityBatchRequestEntry::builder()
        .id(index.to_string())
        .receipt_handle(&message.receipt)
        .visibility_timeout(0)
        .build()
        .expect("id and receipt are set")
}

/// How many of the first messages fit into one batch; at least one.
fn fitting(messages: &[FailedMessage]) -> usize {
    let mut bytes = 0;
    let fitting = messages
        .iter()
        .take(BATCH_MESSAGES_MAX)
        .take_while(|message| {
            bytes += message.body.len();
            bytes <= BATCH_BYTES_MAX
        });
    fitting.count().max(1)
}

/// A message without what every message has cannot be handled, and stays.
fn failed(message: Message) -> Option<FailedMessage> {
    let text = |name: &str| {
        let attributes = message.message_attributes()?;
        attributes.get(name)?.string_value().map(str::to_owned)
    };
    let sent_at = message
        .attributes()
        .and_then(|values| values.get(&MessageSystemAttributeName::SentTimestamp))
        .and_then(|millis| millis.parse().ok())
        .map(Timestamp::from_unix_millis);
    Some(FailedMessage {
        reason: REASONS.iter().find_map(|name| text(name)),
        from_queue: text(FROM_QUEUE),
        sent_at,
        id: message.message_id?,
        body: message.body?,
        receipt: message.receipt_handle?,
    })
}
