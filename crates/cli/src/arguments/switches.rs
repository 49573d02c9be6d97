//! Switches with an end: freezes and opened windows.

use clap::{Args, Subcommand};
use downriver_domain::{ApplicationId, OwnerId, Timestamp};

use super::parse_span;

#[derive(Debug, Subcommand)]
pub(crate) enum WindowCommand {
    /// Let it be rebuilt until an instant although its change window is closed
    Open(TimedOptions),
    /// Take `open` back
    Close(ScopeOptions),
}

/// Whom a switch concerns; everybody if nothing is given.
#[derive(Debug, Args)]
pub(crate) struct ScopeOptions {
    /// An application; everything if left out
    #[arg(value_name = "APPLICATION", conflicts_with = "owner")]
    pub(crate) application: Option<ApplicationId>,
    /// All applications of this owner
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Option<OwnerId>,
}

#[derive(Debug, Args)]
pub(crate) struct TimedOptions {
    #[command(flatten)]
    pub(crate) scope: ScopeOptions,
    /// When it ends: an instant as in 2026-12-27T06:00Z, or a span from now as in 90m, 24h, 7d
    #[arg(long, value_name = "INSTANT|SPAN", value_parser = parse_until)]
    pub(crate) until: Until,
    /// Why, for those who meet it
    #[arg(long)]
    pub(crate) reason: String,
    /// Who; default: the user's name
    #[arg(long)]
    pub(crate) by: Option<String>,
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    At(Timestamp),
    /// So many seconds from now.
    After(u64),
}

impl Until {
    pub(crate) const fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(secs) => now.plus_secs(secs),
        }
    }
}

fn parse_until(given: &str) -> Result<Until, String> {
    if let Ok(secs) = parse_span(given) {
        return Ok(Until::After(secs));
    }
    // To the minute is enough: `2026-12-27T06:00Z`.
    let seconds = given.replacen('Z', ":00Z", 1);
    let instant: Result<jiff::Timestamp, _> = given.parse().or_else(|_| seconds.parse());
    instant
        .map(|at| Until::At(Timestamp::from_unix_millis(at.as_millisecond())))
        .map_err(|_| {
            "expected an instant as in 2026-12-27T06:00Z, or a span as in 90m, 24h, 7d".to_owned()
        })
}
