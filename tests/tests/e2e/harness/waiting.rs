//! Waiting for what comes, and seeing that nothing comes. The emulators run on the wall clock, so these poll, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Where looking more often would only slow down what is waited for: dozens of tests wait at once.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// Looks until there is something to see.
///
/// # Panics
/// When `seconds` are over; `what` says what did not come.
pub(crate) fn eventually<T>(seconds: u64, what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut pause = LOOK_EVERY;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(
            Instant::now() < deadline,
            "{what} did not come within {seconds} s"
        );
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LOOK_AT_LEAST_EVERY);
    }
}

/// Looks for `seconds` that something stays as it is.
///
/// # Panics
/// As soon as it does not.
pub(crate) fn stays(seconds: u64, what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < deadline {
        assert!(holds(), "{what} was expected to stay");
        thread::sleep(LOOK_EVERY);
    }
}
