//! Instants and spans as people and programs read them.

use downriver_domain::Timestamp;

/// RFC 3339 in UTC; milliseconds only where there are any.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let form = if at.unix_millis().rem_euclid(1000) == 0 {
        "%Y-%m-%dT%H:%M:%SZ"
    } else {
        "%Y-%m-%dT%H:%M:%S%.3fZ"
    };
    formatted(at, form)
}

/// `2026-05-04`.
pub(crate) fn date(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d")
}

/// `09:12:00`.
pub(crate) fn clock(at: Timestamp) -> String {
    formatted(at, "%H:%M:%S")
}

/// `2026-05-04 09:12:00`.
pub(crate) fn date_and_clock(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d %H:%M:%S")
}

/// `45 s`, `3 min`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn span(secs: u64) -> String {
    let (large, small) = match secs {
        0..60 => return format!("{secs} s"),
        60..3600 => ((secs / 60, "min"), (secs % 60, "s")),
        3600..86_400 => ((secs / 3600, "h"), (secs % 3600 / 60, "min")),
        _ => ((secs / 86_400, "d"), (secs % 86_400 / 3600, "h")),
    };
    if small.0 == 0 {
        format!("{} {}", large.0, large.1)
    } else {
        format!("{} {} {} {}", large.0, large.1, small.0, small.1)
    }
}

fn formatted(at: Timestamp, form: &str) -> String {
    jiff::Timestamp::from_millisecond(at.unix_millis()).map_or_else(
        |_| at.to_string(),
        |instant| instant.strftime(form).to_string(),
    )
}
