//! The X-Ray header of the invocation at work, handed on with what it sends.

use std::sync::{Arc, Mutex, PoisonError};

/// What SQS and EventBridge take.
const HEADER_BYTES_MAX: usize = 500;

/// The header that belongs to what is done now. Clones share it: set it at the begin of each invocation, or of each message.
#[derive(Debug, Clone, Default)]
pub struct TraceHeader(Arc<Mutex<Option<String>>>);

impl TraceHeader {
    /// One that X-Ray would not have written is left out: a message must not be refused for the sake of its trace.
    pub fn set(&self, header: Option<&str>) {
        let header = header.filter(|header| is_header(header));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = header.map(str::to_owned);
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// `Root=…;Parent=…;Sampled=…`, and what may come to that.
fn is_header(text: &str) -> bool {
    text.len() <= HEADER_BYTES_MAX
        && text.starts_with("Root=")
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}
