//! What a span of time brought to applications, in numbers that add up.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{ApplicationId, OwnerId, Timestamp};

const WEEK_SECS: u64 = 7 * 24 * 3600;
/// Monday, 5 January 1970, 08:00 UTC, in milliseconds.
const FIRST_WEEK_MILLIS: i64 = (4 * 24 + 8) * 3600 * 1000;

/// Numbers of one application or of several together.
///
/// `changes` are counted once for each application that depends on the package: one rule for each package and pipeline
/// would have started that many executions. Each of them is counted in exactly one of `rebuilds`, `waiting`, `unknown` and
/// the fields that [`Summary::avoided`] adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Summary {
    /// Registered applications that were looked at.
    pub applications: u64,
    /// Changes, once for each dependent application.
    pub changes: u64,
    /// Rebuilds that these changes led to, started or, in shadow mode, recorded only.
    pub rebuilds: u64,
    /// Changes that a rebuild is still to come for.
    pub waiting: u64,
    /// Changes of which the store does not tell what became.
    pub unknown: u64,
    /// Avoided: another change's rebuild took it along.
    pub coalesced: u64,
    /// Avoided: it, or a newer one, was built already.
    pub built_already: u64,
    /// Avoided: a build selects another version.
    pub not_selected: u64,
    /// Avoided: the requirement does not admit it.
    pub excluded: u64,
    /// Avoided: a lockfile holds another, and the build does not refresh it.
    pub locked: u64,
    /// Avoided: the application's policy leaves it to people.
    pub left_to_people: u64,
    /// Avoided: attempted before, or passed already in the same cascade.
    pub attempted: u64,
    /// Avoided: when the rebuild was about to start, nothing asked for it any more.
    pub not_needed: u64,
    /// Executions that Downriver started, repeated attempts included.
    pub started: u64,
    /// Rebuilds whose execution ended well.
    pub succeeded: u64,
    /// Those of them of which it is proven that they built what they were for.
    pub delivered: u64,
    /// Rebuilds that failed for good.
    pub failed: u64,
    /// Applications that need a person now.
    pub needing_a_person: u64,
}

/// The numbers of one owner for one week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeeklySummary {
    pub since: Timestamp,
    pub until: Timestamp,
    pub summary: Summary,
}

/// How far the weekly summaries have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryProgress {
    /// The end of the week that is, or was last, summed up.
    pub until: Timestamp,
    /// The last application, in order of id, that is in the sums; `None` before the first.
    pub up_to: Option<ApplicationId>,
    /// The sums so far; at most [`SummaryProgress::OWNERS_MAX`].
    pub owners: BTreeMap<OwnerId, Summary>,
    /// Everybody was told.
    pub is_told: bool,
}

impl Summary {
    /// Executions that one rule for each package and pipeline would have started, and Downriver did not.
    pub const fn avoided(&self) -> u64 {
        self.coalesced
            + self.built_already
            + self.not_selected
            + self.excluded
            + self.locked
            + self.left_to_people
            + self.attempted
            + self.not_needed
    }

    /// Nothing happened and nobody is needed.
    pub fn is_nothing(&self) -> bool {
        let quiet = Self {
            applications: self.applications,
            ..Self::default()
        };
        *self == quiet
    }

    pub const fn add(&mut self, other: &Self) {
        self.applications += other.applications;
        self.changes += other.changes;
        self.rebuilds += other.rebuilds;
        self.waiting += other.waiting;
        self.unknown += other.unknown;
        self.coalesced += other.coalesced;
        self.built_already += other.built_already;
        self.not_selected += other.not_selected;
        self.excluded += other.excluded;
        self.locked += other.locked;
        self.left_to_people += other.left_to_people;
        self.attempted += other.attempted;
        self.not_needed += other.not_needed;
        self.started += other.started;
        self.succeeded += other.succeeded;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.needing_a_person += other.needing_a_person;
    }

    /// One plain sentence, without the owner and the time.
    pub fn sentence(&self) -> String {
        let mut parts = vec![format!(
            "{} for {} led to {}",
            counted(self.changes, "change"),
            counted(self.applications, "application"),
            counted(self.rebuilds, "rebuild")
        )];
        let mut avoided = Vec::new();
        for (count, why) in [
            (self.coalesced, "taken along by another rebuild"),
            (self.built_already, "built already"),
            (self.not_selected, "not what a build selects"),
            (self.excluded, "excluded by the requirement"),
            (self.locked, "held by a lockfile"),
            (self.left_to_people, "left to people"),
            (self.attempted, "attempted before"),
            (self.not_needed, "not needed any more"),
        ] {
            if count > 0 {
                avoided.push(format!("{count} {why}"));
            }
        }
        let split = if avoided.is_empty() {
            String::new()
        } else {
            format!(" ({})", avoided.join(", "))
        };
        parts.push(format!(
            "{} avoided{split}",
            counted(self.avoided(), "rebuild")
        ));
        parts.push(format!(
            "{} started, {} succeeded, {} proven to be delivered, {} failed",
            counted(self.started, "execution"),
            self.succeeded,
            self.delivered,
            self.failed
        ));
        for (count, what) in [
            (self.waiting, "still to be rebuilt"),
            (self.unknown, "whose outcome is not recorded"),
        ] {
            if count > 0 {
                parts.push(format!("{} {what}", counted(count, "change")));
            }
        }
        if self.needing_a_person > 0 {
            let needing = counted(self.needing_a_person, "application");
            parts.push(format!("a person is needed at {needing}"));
        }
        parts.join("; ")
    }
}

impl SummaryProgress {
    pub const OWNERS_MAX: usize = 1_000;

    /// Before the first application of the week that ended last.
    pub const fn begin(until: Timestamp) -> Self {
        Self {
            until,
            up_to: None,
            owners: BTreeMap::new(),
            is_told: false,
        }
    }
}

/// The end of the last whole week: Monday 08:00 UTC.
pub const fn week_end(now: Timestamp) -> Timestamp {
    let week = (WEEK_SECS * 1000).cast_signed();
    let into = now
        .unix_millis()
        .saturating_sub(FIRST_WEEK_MILLIS)
        .rem_euclid(week);
    Timestamp::from_unix_millis(now.unix_millis().saturating_sub(into))
}

/// When the week that ends then began.
pub const fn week_begin(until: Timestamp) -> Timestamp {
    until.minus_secs(WEEK_SECS)
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
