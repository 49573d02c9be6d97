//! What a pass found, for logs, metrics and alarms.

use downriver_domain::ApplicationId;

use crate::error::EngineError;

/// Applications named for one finding; the count goes on beyond.
const NAMED_MAX: usize = 20;
/// Failures told of one pass; the count goes on beyond.
const FAILURES_MAX: usize = 50;

/// What one pass found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// The comparison of a backup that was put back; `None`: there was none to make.
    pub restored: Option<RestoredReport>,
    /// Slots whose time had come and that were looked at.
    pub overdue: Found,
    /// Executions that had ended without an event that told us.
    pub ended: Found,
    /// Starts whose result was never recorded: found, or called again.
    pub recovered: Found,
    /// Index results that were asked for once more.
    pub asked: Found,
    /// Rebuilds that were paused and that nothing pauses any more.
    pub woken: Found,
    /// Rebuilds that need a person.
    pub stuck: Found,
    /// Executions that have been running for longer than `max run`.
    pub parked: Found,
    /// What the comparison of inventories with CodeArtifact came to.
    pub reconciled: Reconciled,
    /// Owners that were told what the last week brought.
    pub summaries: u64,
    /// Applications that no summary holds, as there are too many owners.
    pub summaries_left_out: u64,
    /// Failures in order, at most 50.
    pub failures: Vec<SweepFailure>,
    /// All failures, those not in the list included.
    pub failures_count: u64,
    /// Time ran out, or an account did not answer: a later pass goes on.
    pub is_more_left: bool,
}

/// How far a backup that was put back is compared with CodePipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoredReport {
    /// Applications that this pass compared.
    pub compared: u64,
    /// Those of them that had executions which the backup does not know.
    pub caught_up: Found,
    /// Those whose executions cannot be read: nothing starts for them until they can.
    pub held: Found,
    /// All applications were dealt with: the others may start.
    pub is_complete: bool,
}

/// Inventories compared with CodeArtifact in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciled {
    pub packages: u64,
    /// Versions that no event had told of: new, of another status, or gone. Not those that were there before anybody was
    /// registered who depends on them.
    pub differences: u64,
    /// Repositories that may not be read.
    pub denied: u64,
}

/// How often, and the first 20 applications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    pub count: u64,
    pub first: Vec<ApplicationId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFailure {
    /// `None`: it concerns no application alone.
    pub application: Option<ApplicationId>,
    /// The error with its causes.
    pub reason: String,
}

impl Found {
    pub(super) fn note(&mut self, application: &ApplicationId) {
        self.count += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(application.clone());
        }
    }
}

impl SweepReport {
    /// Takes a failure into the report; without the store nothing can be done, so that ends the pass.
    pub(super) fn fail(
        &mut self,
        application: Option<&ApplicationId>,
        error: EngineError,
    ) -> Result<(), EngineError> {
        if let EngineError::Store(_) = error {
            return Err(error);
        }
        self.note_failure(application, &error);
        Ok(())
    }

    pub(super) fn note_failure(
        &mut self,
        application: Option<&ApplicationId>,
        error: &dyn std::error::Error,
    ) {
        self.failures_count += 1;
        if self.failures.len() < FAILURES_MAX {
            self.failures.push(SweepFailure {
                application: application.cloned(),
                reason: chain(error),
            });
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
