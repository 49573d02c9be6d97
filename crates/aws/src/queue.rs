//! Messages to ourselves, on SQS.

#[cfg(test)]
mod tests;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use downriver_domain::{AccountId, Timestamp};
use downriver_engine::ports::{Clock as _, Queue, QueueError, ReadRequest, ResolvePage, Timer};
use downriver_engine::wire::messages::{
    encode_page, encode_read, encode_repositories, encode_timer,
};

use crate::clock::SystemClock;
use crate::error::NoResult;
use crate::trace::TraceHeader;

/// Sends timers to the queue of what is due, pages to that of changes, and what is to be read to that of the index.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    due_queue_url: String,
    changes_queue_url: Option<String>,
    index_queue_url: Option<String>,
    trace: TraceHeader,
}

impl SqsQueue {
    /// Without a queue for changes, pages cannot be sent: only `resolve` has any to send. Without one for the index, nothing
    /// can be asked to be read.
    pub fn new(
        client: Client,
        due_queue_url: String,
        changes_queue_url: Option<String>,
        index_queue_url: Option<String>,
        trace: TraceHeader,
    ) -> Self {
        Self {
            client,
            due_queue_url,
            changes_queue_url,
            index_queue_url,
            trace,
        }
    }

    async fn send_to_index(&self, body: String) -> Result<(), QueueError> {
        let queue_url = self.index_queue_url.as_deref();
        let queue_url = queue_url.ok_or_else(|| {
            QueueError("this function has no queue for what is to be read".to_owned())
        })?;
        self.send(queue_url, body, 0).await
    }

    async fn send(&self, queue_url: &str, body: String, delay_secs: i32) -> Result<(), QueueError> {
        let mut call = self
            .client
            .send_message()
            .queue_url(queue_url)
            .message_body(body)
            .delay_seconds(delay_secs);
        if let Some(header) = self.trace.get() {
            let value = MessageSystemAttributeValue::builder()
                .data_type("String")
                .string_value(header)
                .build()
                .map_err(|error| QueueError(error.to_string()))?;
            call = call.message_system_attributes(
                MessageSystemAttributeNameForSends::AwsTraceHeader,
                value,
            );
        }
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(QueueError(NoResult::of(&error).into_text())),
        }
    }
}

impl Queue for SqsQueue {
    async fn send_timer(&self, timer: &Timer) -> Result<(), QueueError> {
        let delay_secs = delay_secs(timer.at, SystemClock.now());
        self.send(&self.due_queue_url, encode_timer(timer), delay_secs)
            .await
    }

    async fn send_page(&self, page: &ResolvePage) -> Result<(), QueueError> {
        let queue_url = self.changes_queue_url.as_deref().ok_or_else(|| {
            QueueError("this function has no queue for pages of dependents".to_owned())
        })?;
        self.send(queue_url, encode_page(page), 0).await
    }

    async fn send_read(&self, request: &ReadRequest) -> Result<(), QueueError> {
        self.send_to_index(encode_read(request)).await
    }

    async fn send_repositories(&self) -> Result<(), QueueError> {
        self.send_to_index(encode_repositories()).await
    }
}

/// The account that a queue belongs to, which is the deployment's own: the first segment of its URL's path.
pub fn account_of_queue(queue_url: &str) -> Option<AccountId> {
    let (_, rest) = queue_url.split_once("://")?;
    rest.split('/').nth(1)?.parse().ok()
}

/// Whole seconds, rounded up, so that the timer does not come before its instant. SQS counts from when it takes the
/// message, so only the difference matters, and no clock but ours: one that runs wrong shifts both.
fn delay_secs(at: Timestamp, now: Timestamp) -> i32 {
    let millis = at.unix_millis().saturating_sub(now.unix_millis()).max(0);
    let secs = millis.unsigned_abs().div_ceil(1000);
    i32::try_from(secs.min(SqsQueue::DELAY_SECS_MAX)).unwrap_or(i32::MAX)
}
