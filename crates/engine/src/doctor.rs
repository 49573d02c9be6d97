//! What is wrong with a catalog or a deployment, with its evidence and what mends it.
//!
//! Owns the checks: functions from what was read to findings. What could not be read is told, never passed over. Must not
//! change anything.

mod access;
mod catalog;
mod deployed;
mod facts;
mod finding;
mod mend;
mod packages;
mod pattern;
mod pipelines;
mod read;
mod routine;
#[cfg(test)]
mod testing;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::ApplicationId;

pub use facts::{
    DeploymentFacts, EventKind, Facts, PackageFacts, PipelineFacts, PolicyFacts, QueueFacts,
    QueueState, Reach, RuleState,
};
pub use finding::{Check, Finding, Severity, Subject, Unread};
pub use read::{Reading, read_organisation, read_setup};
pub use routine::{Checkup, Missed, Routine, StoredFinding, routine};

/// What an examination came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnosis {
    /// The gravest first, then by check and subject.
    pub findings: Vec<Finding>,
    /// What could not be read, by the permission that is missing.
    pub unread: Vec<Unread>,
    /// Applications that were examined.
    pub applications: usize,
}

/// Which findings are wanted; empty sets mean all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    pub checks: BTreeSet<Check>,
    /// Those about other applications are left out; those about the deployment as a whole stay.
    pub applications: BTreeSet<ApplicationId>,
    pub is_errors_only: bool,
}

/// Makes every check that the facts suffice for.
pub fn examine(facts: &Facts) -> Diagnosis {
    let mut findings = Vec::new();
    let unread = unread(facts);
    catalog::check(facts, &mut findings);
    pipelines::check(facts, &mut findings);
    packages::check(facts, &mut findings);
    access::check(facts, &mut findings);
    deployed::check(facts, &unread, &mut findings);
    findings.sort();
    findings.dedup();
    Diagnosis {
        findings,
        unread,
        applications: facts.applications.len(),
    }
}

impl Diagnosis {
    #[must_use]
    pub fn only(mut self, selection: &Selection) -> Self {
        let is_wanted =
            |check: &Check| selection.checks.is_empty() || selection.checks.contains(check);
        self.findings.retain(|finding| {
            let is_of_wanted = finding.application.as_ref().is_none_or(|id| {
                selection.applications.is_empty() || selection.applications.contains(id)
            });
            let is_grave = !selection.is_errors_only || finding.severity == Severity::Error;
            is_wanted(&finding.check) && is_of_wanted && is_grave
        });
        self.unread
            .retain(|unread| unread.checks.iter().any(is_wanted));
        self
    }

    /// The gravest severity that was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).min()
    }

    pub fn count(&self, severity: Severity) -> usize {
        let of = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(of).count()
    }
}

/// One line for each permission that is missing, and for each call that nobody answered.
fn unread(facts: &Facts) -> Vec<Unread> {
    let mut by_action: BTreeMap<&'static str, Unread> = BTreeMap::new();
    for missing in facts.unanswered() {
        let more = missing.count;
        let known = by_action.entry(missing.action).or_insert(Unread {
            count: 0,
            ..missing
        });
        known.count += more;
    }
    by_action.into_values().collect()
}
