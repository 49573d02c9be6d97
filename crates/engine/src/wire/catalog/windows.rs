//! Change windows: each is read by itself, then all of a list against one another.

use std::cell::RefCell;
use std::collections::BTreeMap;

use downriver_domain::window::{WindowError, find_overlap, timezone_names};
use downriver_domain::{Timestamp, Window};

use super::WINDOW_LISTS_MAX;
use super::at::At;
use super::keys::WindowKeys;
use super::policy::parse_duration;
use super::report::{Path, Report, nearest};
use crate::wire::messages::format_time;

/// The places of two windows that are open at once, and when they first are.
type Overlap = (usize, usize, Timestamp);

/// The lists that were compared already. Many applications have the same, and comparing goes through years of openings.
#[derive(Debug, Default)]
pub(super) struct KnownWindows {
    overlaps: RefCell<BTreeMap<Vec<Window>, Option<Overlap>>>,
}

impl KnownWindows {
    /// `None` where a problem was reported.
    pub(super) fn parse(
        &self,
        report: &mut Report<'_>,
        path: &Path<'_>,
        written: &[At<WindowKeys>],
    ) -> Option<Vec<Window>> {
        let found: Vec<Option<Window>> = written
            .iter()
            .enumerate()
            .map(|(index, keys)| parse_window(report, &path.index(index), keys.get()))
            .collect();
        let windows: Vec<Window> = found.into_iter().collect::<Option<_>>()?;
        if self.is_full_for(&windows) {
            let span = written.first().map(At::span).unwrap_or_default();
            let message = format!(
                "a catalog has at most {WINDOW_LISTS_MAX} different lists of windows: let applications share one, in [owners] or [defaults]"
            );
            report.problem(span, path, message);
            return None;
        }
        let Some((first, second, at)) = self.overlap(&windows) else {
            return Some(windows);
        };
        let span = written.get(second).map(At::span).unwrap_or_default();
        let when = format_time(at);
        let message = if first == second {
            format!(
                "it opens again before it is closed, as at {when}: make it shorter, or let it open less often"
            )
        } else {
            format!(
                "it opens while windows[{first}] is open, as at {when}: windows of one list must not overlap"
            )
        };
        report.problem(span, &path.index(second), message);
        None
    }

    fn is_full_for(&self, windows: &[Window]) -> bool {
        let overlaps = self.overlaps.borrow();
        overlaps.len() >= WINDOW_LISTS_MAX && !overlaps.contains_key(windows)
    }

    fn overlap(&self, windows: &[Window]) -> Option<Overlap> {
        if let Some(known) = self.overlaps.borrow().get(windows) {
            return *known;
        }
        let overlap = find_overlap(windows);
        self.overlaps.borrow_mut().insert(windows.to_vec(), overlap);
        overlap
    }
}

fn parse_window(report: &mut Report<'_>, path: &Path<'_>, keys: &WindowKeys) -> Option<Window> {
    let duration = keys.duration.as_ref().and_then(|duration| {
        let allowed = Window::DURATION_SECS_MIN..=Window::DURATION_SECS_MAX;
        parse_duration(report, &path.key("duration"), duration, &allowed)
    });
    // What is missing was reported with the shape.
    let (schedule, timezone) = (keys.schedule.as_ref()?, keys.timezone.as_ref()?);
    // One problem of a window must not hide another.
    let secs = duration.unwrap_or(Window::DURATION_SECS_MIN);
    match Window::parse(schedule.get(), timezone.get(), secs) {
        Ok(window) => duration.map(|_| window),
        Err(error @ WindowError::Timezone(_)) => {
            let proposal = nearest_timezone(timezone.get());
            report.proposing(timezone.span(), &path.key("timezone"), error, proposal);
            None
        }
        Err(error) => {
            report.problem(schedule.span(), &path.key("schedule"), error);
            None
        }
    }
}

/// A city alone is meant as one: `Berlin` as `Europe/Berlin`.
fn nearest_timezone(given: &str) -> Option<String> {
    let names = timezone_names();
    let is_city = |name: &&String| {
        name.rsplit_once('/')
            .is_some_and(|(_, city)| city.eq_ignore_ascii_case(given))
    };
    names
        .iter()
        .find(is_city)
        .cloned()
        .or_else(|| nearest(given, names.iter().map(String::as_str)))
}
