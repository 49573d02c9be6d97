//! Each planted bug in turn: how many seeds it takes until an invariant tells of it.

use std::process::ExitCode;

use super::options::Options;
use crate::simulation::{Bug, Day, examine};

/// How a planted bug was found.
#[derive(Debug, Clone, Default)]
pub struct Caught {
    /// The invariant that told of it first, and after how many seeds.
    pub first: Option<(String, u64)>,
    /// After how many seeds the invariant told of it that it breaks.
    pub by_its_own: Option<u64>,
}

/// Looks for a bug in so many days, from one seed on, until the invariant that it breaks tells of it.
pub fn catch(bug: Bug, from: u64, seeds: u64) -> Caught {
    let mut caught = Caught::default();
    for number in 0..seeds {
        let day = Day {
            bug: Some(bug),
            ..Day::of(from + number)
        };
        let Err(found) = examine(day, true) else {
            continue;
        };
        let invariant = found.failure.violation.invariant;
        let name = invariant.split(' ').next().unwrap_or(invariant);
        caught
            .first
            .get_or_insert_with(|| (name.to_owned(), number + 1));
        if name == bug.breaks() {
            caught.by_its_own = Some(number + 1);
            break;
        }
    }
    caught
}

/// Prints a table; fails if a bug is not found.
pub(super) fn run(options: &Options) -> ExitCode {
    println!("the seeds it took until a planted bug was found, and until its own invariant told");
    println!(
        "{:<20}{:>12}{:>13}  what it is",
        "bug", "found by", "its own"
    );
    let mut is_success = true;
    for bug in Bug::ALL {
        if options.bug.is_some_and(|only| only != bug) {
            continue;
        }
        let caught = catch(bug, options.from, options.seeds);
        let first = caught.first.map_or_else(
            || "never".to_owned(),
            |(invariant, seeds)| format!("{invariant:>4} {seeds:>6}"),
        );
        let own = caught.by_its_own.map_or_else(
            || format!("{} never", bug.breaks()),
            |seeds| format!("{:>4} {seeds:>6}", bug.breaks()),
        );
        is_success &= caught.by_its_own.is_some();
        println!("{:<20}{first:>12}{own:>13}  {}", bug.name(), bug.what());
    }
    if is_success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
