//! How long an invocation may still work.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The time that is left.
pub trait Countdown {
    fn remaining(&self) -> Duration;

    /// Waits.
    #[expect(
        async_fn_in_trait,
        reason = "one function handles one invocation at a time, on one thread"
    )]
    async fn elapse(&self, time: Duration);
}

/// The instant at which Lambda ends an invocation.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// Lambda tells it as milliseconds since the Unix epoch.
    pub fn at_unix_millis(millis: u64) -> Self {
        let at = UNIX_EPOCH + Duration::from_millis(millis);
        let remaining = at.duration_since(SystemTime::now()).unwrap_or_default();
        Self(Instant::now() + remaining)
    }
}

impl Countdown for Deadline {
    fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    async fn elapse(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
