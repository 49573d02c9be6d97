//! Batches of messages, sent until each is taken or refused for good.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::Deployment;
use super::error::{DeploymentError, classify};
use super::outputs::DeployedQueue;

/// SQS's own limits of one batch.
pub const BATCH_MESSAGES_MAX: usize = 10;
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Rounds in which what was refused for no fault of ours is sent again.
const ROUNDS_MAX: u32 = 5;
const PAUSE_FIRST: Duration = Duration::from_millis(200);

/// One of a batch that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the batch.
    pub index: usize,
    pub reason: String,
}

impl Deployment {
    /// Sends messages to a queue: at most [`BATCH_MESSAGES_MAX`], and [`BATCH_BYTES_MAX`] together. Returns those that
    /// were refused; after an error it is not known which were taken.
    pub async fn send_messages(
        &self,
        queue: DeployedQueue,
        bodies: &[&str],
    ) -> Result<Vec<Refusal>, DeploymentError> {
        let url = self.outputs.queue_url(queue);
        let mut open: Vec<usize> = (0..bodies.len()).collect();
        let mut refused = Vec::new();
        for round in 0..ROUNDS_MAX {
            if open.is_empty() {
                break;
            }
            pause_before(round).await;
            let mut again = Vec::new();
            for refusal in self.send_once(url, bodies, &open).await? {
                if refusal.is_ours || round + 1 == ROUNDS_MAX {
                    refused.push(refusal.told);
                } else {
                    again.push(refusal.told.index);
                }
            }
            open = again;
        }
        refused.sort_by_key(|refusal| refusal.index);
        Ok(refused)
    }

    async fn send_once(
        &self,
        url: &str,
        bodies: &[&str],
        indices: &[usize],
    ) -> Result<Vec<Judged>, DeploymentError> {
        let mut entries = Vec::new();
        for index in indices {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(bodies[*index])
                .build()
                .expect("id and body are set");
            entries.push(entry);
        }
        let sent = self
            .sqs
            .send_message_batch()
            .queue_url(url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| classify("sqs:SendMessage", error))?;
        let failed = sent.failed().iter().filter_map(|entry| {
            Some(Judged {
                is_ours: entry.sender_fault(),
                told: Refusal {
                    index: entry.id().parse().ok()?,
                    reason: entry.message().unwrap_or(entry.code()).to_owned(),
                },
            })
        });
        Ok(failed.collect())
    }
}

/// A refusal, and whether sending it again cannot help.
struct Judged {
    is_ours: bool,
    told: Refusal,
}

/// Nothing before the first round, then each time twice as long.
pub(super) async fn pause_before(round: u32) {
    if let Some(doublings) = round.checked_sub(1) {
        tokio::time::sleep(PAUSE_FIRST * 2_u32.pow(doublings)).await;
    }
}
