//! What a sweep found, as its function answers and people read it.

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::doctor::Routine;
use crate::sweep::{Found, RestoredReport, SweepReport};

/// A sweep's report as a document.
#[derive(Debug, Serialize)]
pub struct SweepDocument {
    v: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    restored: Option<RestoredV1>,
    overdue: FoundV1,
    ended: FoundV1,
    recovered: FoundV1,
    asked: FoundV1,
    woken: FoundV1,
    stuck: FoundV1,
    parked: FoundV1,
    reconciled: ReconciledV1,
    summaries: u64,
    #[serde(skip_serializing_if = "is_zero")]
    summaries_left_out: u64,
    failures: Vec<FailureV1>,
    failures_count: u64,
    is_more_left: bool,
    /// Only of the passes that make the checks of `doctor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<CheckedV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks_failed: Option<String>,
}

#[derive(Debug, Serialize)]
struct CheckedV1 {
    applications: usize,
    findings: usize,
    errors: usize,
    unread: usize,
}

#[derive(Debug, Serialize)]
struct RestoredV1 {
    compared: u64,
    caught_up: FoundV1,
    held: FoundV1,
    is_complete: bool,
}

#[derive(Debug, Serialize)]
struct ReconciledV1 {
    packages: u64,
    differences: u64,
    denied: u64,
}

#[derive(Debug, Serialize)]
struct FoundV1 {
    count: u64,
    /// The first applications.
    first: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FailureV1 {
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    reason: String,
}

impl From<&SweepReport> for SweepDocument {
    fn from(report: &SweepReport) -> Self {
        let failures = report.failures.iter().map(|failure| FailureV1 {
            application: failure.application.as_ref().map(ToString::to_string),
            reason: failure.reason.clone(),
        });
        Self {
            v: "1",
            restored: report.restored.as_ref().map(RestoredV1::from),
            overdue: FoundV1::from(&report.overdue),
            ended: FoundV1::from(&report.ended),
            recovered: FoundV1::from(&report.recovered),
            asked: FoundV1::from(&report.asked),
            woken: FoundV1::from(&report.woken),
            stuck: FoundV1::from(&report.stuck),
            parked: FoundV1::from(&report.parked),
            reconciled: ReconciledV1 {
                packages: report.reconciled.packages,
                differences: report.reconciled.differences,
                denied: report.reconciled.denied,
            },
            summaries: report.summaries,
            summaries_left_out: report.summaries_left_out,
            failures: failures.collect(),
            failures_count: report.failures_count,
            is_more_left: report.is_more_left,
            checked: None,
            checks_failed: None,
        }
    }
}

impl SweepDocument {
    /// This pass made the checks of `doctor` too.
    #[must_use]
    pub fn with_checks(mut self, round: Routine) -> Self {
        self.checked = Some(CheckedV1 {
            applications: round.applications,
            findings: round.findings,
            errors: round.errors,
            unread: round.unread,
        });
        self
    }

    /// The checks of `doctor` could not be made.
    #[must_use]
    pub fn with_failed_checks(mut self, reason: String) -> Self {
        self.checks_failed = Some(reason);
        self
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl From<&RestoredReport> for RestoredV1 {
    fn from(report: &RestoredReport) -> Self {
        Self {
            compared: report.compared,
            caught_up: FoundV1::from(&report.caught_up),
            held: FoundV1::from(&report.held),
            is_complete: report.is_complete,
        }
    }
}

impl From<&Found> for FoundV1 {
    fn from(found: &Found) -> Self {
        Self {
            count: found.count,
            first: found.first.iter().map(ToString::to_string).collect(),
        }
    }
}
