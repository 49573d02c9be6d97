//! Freezes: spans in which nothing starts but what is urgent.

use downriver_domain::{Freeze, Timestamp};

use super::at::At;
use super::keys::{FreezeKeys, InstantKey};
use super::report::{Path, Report};
use crate::wire::json::{EXPECTED_TIME, parse_time};
use crate::wire::messages::format_time;

/// Characters of a reason.
const REASON_LENGTH_MAX: usize = 500;

/// In the order of their beginnings.
pub(super) fn parse_freezes(report: &mut Report<'_>, written: &[At<FreezeKeys>]) -> Vec<Freeze> {
    let root = Path::Root;
    let section = root.key("freezes");
    let mut found: Vec<(Freeze, usize)> = Vec::with_capacity(written.len());
    for (index, keys) in written.iter().enumerate() {
        let freeze = parse_freeze(report, &section.index(index), keys.get());
        found.extend(freeze.map(|freeze| (freeze, index)));
    }
    found.sort();
    let mut latest: Option<&(Freeze, usize)> = None;
    for entry in &found {
        let (freeze, index) = entry;
        if let Some((other, place)) = latest
            && freeze.from < other.until
        {
            let message = format!(
                "it begins while freezes[{place}] lasts, which is over at {}: freezes must not overlap",
                format_time(other.until)
            );
            let span = written.get(*index).map(At::span).unwrap_or_default();
            report.problem(span, &section.index(*index), message);
        }
        if latest.is_none_or(|(other, _)| other.until < freeze.until) {
            latest = Some(entry);
        }
    }
    found.into_iter().map(|(freeze, _)| freeze).collect()
}

/// A freeze that is over holds nothing: it was forgotten, or its year is wrong.
pub(super) fn check_not_over(
    report: &mut Report<'_>,
    written: &[At<FreezeKeys>],
    now: Option<Timestamp>,
) {
    let root = Path::Root;
    let section = root.key("freezes");
    for (index, keys) in written.iter().enumerate() {
        let until = keys.get().until.as_ref();
        if let Some(key) = until
            && let Some(until) = parse_time(&key.get().0)
            && now.is_some_and(|now| until <= now)
        {
            let message = format!(
                "this freeze has been over since {}: take it out, or give a later time",
                format_time(until)
            );
            report.problem(key.span(), &section.index(index).key("until"), message);
        }
    }
}

fn parse_freeze(report: &mut Report<'_>, path: &Path<'_>, keys: &FreezeKeys) -> Option<Freeze> {
    let from = parse_instant(report, &path.key("from"), keys.from.as_ref());
    let until = parse_instant(report, &path.key("until"), keys.until.as_ref());
    let reason = parse_reason(report, &path.key("reason"), keys.reason.as_ref());
    let (from, until) = (from?, until?);
    if until <= from {
        let span = keys.until.as_ref().map(At::span).unwrap_or_default();
        let message = "it must be later than `from`";
        report.problem(span, &path.key("until"), message);
        return None;
    }
    Some(Freeze {
        from,
        until,
        reason: reason?,
    })
}

fn parse_instant(
    report: &mut Report<'_>,
    path: &Path<'_>,
    key: Option<&At<InstantKey>>,
) -> Option<Timestamp> {
    let key = key?;
    let text = &key.get().0;
    let found = parse_time(text);
    if found.is_none() {
        let message = format!("`{text}` is not an instant: expected {EXPECTED_TIME}");
        report.problem(key.span(), path, message);
    }
    found
}

fn parse_reason(
    report: &mut Report<'_>,
    path: &Path<'_>,
    key: Option<&At<String>>,
) -> Option<String> {
    let key = key?;
    let reason = key.get().trim();
    let length = reason.chars().count();
    if length == 0 {
        report.problem(key.span(), path, "empty: say what people are to be told");
    } else if length > REASON_LENGTH_MAX {
        let message = format!("{length} characters are too many: at most {REASON_LENGTH_MAX}");
        report.problem(key.span(), path, message);
    } else {
        return Some(reason.to_owned());
    }
    None
}
