//! How far it is, for people who wait.

use std::thread;
use std::time::{Duration, Instant};

/// Nothing is said of what takes less.
const SILENT: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_secs(5);

/// Waits until it is over, and says on standard error how far it is.
pub(super) fn watch(done: impl Fn() -> u64, of: u64, is_over: impl Fn() -> bool) {
    let began = Instant::now();
    let mut told_at: Option<Instant> = None;
    while !is_over() {
        thread::sleep(Duration::from_millis(20));
        let is_due = told_at.map_or(began.elapsed() > SILENT, |at| at.elapsed() > EVERY);
        if is_due {
            told_at = Some(Instant::now());
            eprintln!("  {} of {} seeds", grouped(done()), grouped(of));
        }
    }
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
