//! One delivery of a queue message.

use aws_lambda_events::sqs::SqsMessage;

/// Deliveries after which a message is no longer hurried: what did not pass by then takes longer to mend.
const HURRIED_RECEIVES_MAX: u32 = 3;

/// A message as it was delivered this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    pub receipt_handle: String,
    pub body: String,
    /// How often it was delivered, this time included.
    pub receives: u32,
    /// The queue it came from.
    pub queue_arn: String,
}

impl From<SqsMessage> for Delivery {
    fn from(message: SqsMessage) -> Self {
        let receives = message
            .attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok());
        Self {
            id: message.message_id.unwrap_or_default(),
            receipt_handle: message.receipt_handle.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            receives: receives.unwrap_or(1),
            queue_arn: message.event_source_arn.unwrap_or_default(),
        }
    }
}

impl Delivery {
    /// The queue's name, the last part of its ARN.
    pub fn queue(&self) -> &str {
        self.queue_arn.rsplit(':').next().unwrap_or_default()
    }

    /// Four times as long for every delivery, and up to as much again, so that messages that failed together do not come back
    /// together.
    pub(super) fn delay_secs(&self, first: u32) -> Option<u32> {
        if self.receives > HURRIED_RECEIVES_MAX {
            return None;
        }
        let secs = first * 4_u32.pow(self.receives.saturating_sub(1));
        Some(secs + self.spread() % secs)
    }

    /// From its id and the number of this delivery: no source of randomness is needed.
    fn spread(&self) -> u32 {
        let bytes = self.id.bytes().chain(self.receives.to_le_bytes());
        // FNV-1a.
        bytes.fold(0x811c_9dc5, |hash: u32, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
    }
}
