//! Instants as milliseconds since the epoch, and the two ways in which AWS writes them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value, json};

/// Milliseconds since the epoch.
pub(crate) type Millis = u64;

/// The wall clock, read once: later readings never go back, whatever is done to the machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
    began_at: Millis,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            began: Instant::now(),
            began_at: to_millis(since_epoch.unwrap_or(Duration::ZERO)),
        }
    }

    pub(crate) fn now(&self) -> Millis {
        self.began_at + to_millis(self.began.elapsed())
    }
}

/// As JSON protocols have it: seconds with a fraction.
pub(crate) fn to_seconds(at: Millis) -> Value {
    let duration = Duration::from_millis(at);
    json!(duration.as_secs_f64())
}

/// As the details of events have it: RFC 3339 with milliseconds.
pub(crate) fn to_millis_text(at: Millis) -> String {
    format!("{:.3}", to_timestamp(at))
}

/// As XML and the envelopes of events have it: RFC 3339 in seconds.
pub(crate) fn to_seconds_text(at: Millis) -> String {
    format!("{:.0}", to_timestamp(at))
}

fn to_timestamp(at: Millis) -> Timestamp {
    let millis = i64::try_from(at).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

fn to_millis(duration: Duration) -> Millis {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
