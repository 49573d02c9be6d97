//! Change windows: when an application may be rebuilt. A window opens at the instants of a cron expression in a time zone and
//! stays open for a while.
//!
//! Time zones come from the database that is compiled in, never from the machine: the same input gives the same answer
//! everywhere. A window that would open in the hour that a clock change skips opens right after it; one that would open in
//! the hour that comes twice opens the first time.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use cronexpr::{Crontab, FallbackTimezoneOption, ParseOptions};
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::Timestamp;

/// One kind of opening of an application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    schedule: String,
    timezone: String,
    duration_secs: u64,
}

/// What is wrong with a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error(
        "`{0}` is not a cron expression of five fields (minute, hour, day of month, month, day of week), such as `0 9 * * MON-FRI`"
    )]
    Schedule(String),
    #[error("`{0}` is not a time zone of the IANA database, such as `Europe/Berlin`")]
    Timezone(String),
    #[error("`{0}` never comes: the window never opens")]
    NeverOpens(String),
    #[error(
        "a window is open for {} s to {} s",
        Window::DURATION_SECS_MIN,
        Window::DURATION_SECS_MAX
    )]
    Duration,
}

/// Whether a set of windows is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Open {
        until: Timestamp,
    },
    Closed {
        /// When the next one opens.
        until: Timestamp,
    },
}

impl Window {
    pub const DURATION_SECS_MIN: u64 = 300;
    pub const DURATION_SECS_MAX: u64 = 7 * 24 * 3600;

    /// `schedule` has five fields, as in cron; `timezone` is a name of the IANA database. What never opens is refused.
    pub fn parse(schedule: &str, timezone: &str, duration_secs: u64) -> Result<Self, WindowError> {
        if !(Self::DURATION_SECS_MIN..=Self::DURATION_SECS_MAX).contains(&duration_secs) {
            return Err(WindowError::Duration);
        }
        let crontab = parse_schedule(schedule)?;
        find_timezone(timezone).ok_or_else(|| WindowError::Timezone(timezone.to_owned()))?;
        // Any instant does: what does not come within the four years after it, a leap year among them, never comes.
        if crontab.find_next(jiff::Timestamp::UNIX_EPOCH).is_err() {
            return Err(WindowError::NeverOpens(schedule.to_owned()));
        }
        Ok(Self {
            schedule: schedule.to_owned(),
            timezone: timezone.to_owned(),
            duration_secs,
        })
    }

    pub fn schedule(&self) -> &str {
        &self.schedule
    }

    pub fn timezone(&self) -> &str {
        &self.timezone
    }

    pub const fn duration_secs(&self) -> u64 {
        self.duration_secs
    }

    /// When it opens; `None` only for what [`Window::parse`] would have refused.
    fn openings(&self) -> Option<Openings> {
        Some(Openings {
            crontab: parse_schedule(&self.schedule).ok()?,
            zone: find_timezone(&self.timezone)?,
        })
    }
}

/// A schedule and a time zone, read.
struct Openings {
    crontab: Crontab,
    zone: TimeZone,
}

impl Openings {
    /// The first instant after `after` at which the window opens.
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        // The expression is held against the local clock, as if that were UTC: it knows no clock changes. One that set the
        // clock back may give an opening that was before, so a few are tried.
        let mut local = self.zone.to_datetime(instant(after)?);
        for _ in 0..CLOCK_CHANGES_MAX {
            let as_utc = TimeZone::UTC.to_timestamp(local).ok()?;
            local = self.crontab.find_next(as_utc).ok()?.datetime();
            let opens_at = on_clock(&self.zone, local)?;
            if opens_at > after {
                return Some(opens_at);
            }
        }
        None
    }
}

/// A clock that was set back shows an hour twice: with an opening each minute, so many of them lie before the second.
const CLOCK_CHANGES_MAX: usize = 200;
/// Openings that are compared to find windows that overlap: two years of one every hour.
const OPENINGS_MAX: usize = 20_000;
/// The span in which overlaps are looked for, in seconds: two years.
const OVERLAP_SECS: u64 = 2 * 366 * 24 * 3600;

/// Whether one of these windows is open. There is at least one, and none overlaps another.
pub fn opening_at(windows: &[Window], now: Timestamp) -> Opening {
    let mut next = Timestamp::MAX;
    for window in windows {
        let begin = now.minus_secs(window.duration_secs);
        let Some(opens_at) = window.openings().and_then(|openings| openings.next(begin)) else {
            continue;
        };
        if opens_at <= now {
            return Opening::Open {
                until: opens_at.plus_secs(window.duration_secs),
            };
        }
        next = next.min(opens_at);
    }
    Opening::Closed { until: next }
}

/// The first time that two of these windows are open at once, or one opens again before it closed, within two years: the
/// places of the two in the list, and when.
pub fn find_overlap(windows: &[Window]) -> Option<(usize, usize, Timestamp)> {
    let from = Timestamp::from_unix_millis(1_704_067_200_000);
    let until = from.plus_secs(OVERLAP_SECS);
    let openings: Vec<Option<Openings>> = windows.iter().map(Window::openings).collect();
    let next_of = |place: usize, after| {
        openings[place]
            .as_ref()?
            .next(after)
            .filter(|at| *at < until)
    };
    let mut coming: BTreeSet<(Timestamp, usize)> = (0..windows.len())
        .filter_map(|place| Some((next_of(place, from)?, place)))
        .collect();
    let mut before: Option<(usize, Timestamp)> = None;
    for _ in 0..OPENINGS_MAX {
        let (opens_at, place) = coming.pop_first()?;
        if let Some((first, closes_at)) = before
            && opens_at < closes_at
        {
            return Some((first, place, opens_at));
        }
        before = Some((place, opens_at.plus_secs(windows[place].duration_secs)));
        coming.extend(next_of(place, opens_at).map(|at| (at, place)));
    }
    None
}

/// The names that a window's time zone may have.
pub fn timezone_names() -> Vec<String> {
    let zones = TimeZoneDatabase::bundled();
    zones.available().map(|name| name.to_string()).collect()
}

fn parse_schedule(schedule: &str) -> Result<Crontab, WindowError> {
    let refused = || WindowError::Schedule(schedule.to_owned());
    // A sixth field would be the time zone, which has a key of its own.
    if schedule.split_ascii_whitespace().count() != 5 {
        return Err(refused());
    }
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    cronexpr::parse_crontab_with(schedule, options).map_err(|_| refused())
}

fn find_timezone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The instant at which the clock shows `local`: the first of two; right after what the clock skips.
fn on_clock(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    let at = zone.to_ambiguous_timestamp(local).compatible().ok()?;
    Some(Timestamp::from_unix_millis(at.as_millisecond()))
}

fn instant(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(at.unix_millis()).ok()
}
