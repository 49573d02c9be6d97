//! Instants as AWS writes them.

use downriver_domain::Timestamp;

/// RFC 3339 in UTC with whole seconds, as EventBridge writes `time`.
pub(crate) fn to_seconds_text(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%SZ")
}

/// RFC 3339 in UTC with milliseconds, as CodePipeline writes `start-time`.
pub(crate) fn to_millis_text(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// `20240131.235959`: the middle of a Maven snapshot's build version.
pub(crate) fn to_snapshot_text(at: Timestamp) -> String {
    written(at, "%Y%m%d.%H%M%S")
}

/// Any RFC 3339 instant; `None` for what is none.
pub(crate) fn parse_instant(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_unix_millis(instant.as_millisecond()))
}

fn written(at: Timestamp, form: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis()).unwrap_or_default();
    instant.strftime(form).to_string()
}
