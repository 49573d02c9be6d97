//! One pass: how long it may work, whose turn it is, and which account does not answer.

use std::collections::BTreeMap;

use downriver_domain::{ApplicationId, Target, Timestamp};

use super::SWEEP_INTERVAL_SECS;
use super::report::SweepReport;
use crate::error::EngineError;
use crate::ports::{Clock, Ports};
use crate::session::Session;

/// Reads in a row that a target may leave unanswered; then the rest of it is left to the next pass.
const UNANSWERED_MAX: u32 = 3;

pub(super) struct Pass<'a, P> {
    pub(super) session: &'a Session<'a, P>,
    pub(super) report: SweepReport,
    /// Reads in a row that failed, by target.
    unanswered: BTreeMap<Target, u32>,
    /// Finding missed ends takes at most half of the time.
    ends_until: Timestamp,
    /// The rest of the function's time is for what is under way, and for the report.
    until: Timestamp,
}

impl<'a, P: Ports> Pass<'a, P> {
    pub(super) fn begin(session: &'a Session<'a, P>) -> Self {
        let limit = session.ports.time_limit_secs();
        Self {
            session,
            report: SweepReport::default(),
            unanswered: BTreeMap::new(),
            ends_until: session.now.plus_secs(limit * 2 / 5),
            until: session.now.plus_secs(limit * 4 / 5),
        }
    }

    /// Another order in every pass, the same for the same instant: what time does not suffice for today has its turn.
    pub(super) fn shuffle(&self, ids: &mut [ApplicationId]) {
        let pass = self.number();
        ids.sort_by_cached_key(|id| (scattered(pass, id), id.clone()));
    }

    pub(super) fn number(&self) -> u64 {
        let secs = self.session.now.unix_millis().unsigned_abs() / 1_000;
        secs / SWEEP_INTERVAL_SECS
    }

    pub(super) fn is_over(&mut self) -> bool {
        self.is_after(self.until)
    }

    /// Without being more left for it: what goes round and round is never done.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.session.ports.clock().now() >= self.until
    }

    pub(super) fn may_look(&mut self, target: &Target) -> bool {
        !self.is_after(self.until) && self.answers(target)
    }

    pub(super) fn may_read_ends(&mut self, target: &Target) -> bool {
        !self.is_after(self.ends_until) && self.answers(target)
    }

    fn is_after(&mut self, until: Timestamp) -> bool {
        let is_after = self.session.ports.clock().now() >= until;
        self.report.is_more_left |= is_after;
        is_after
    }

    /// A broken account costs a few calls in a pass, not the pass.
    pub(super) fn answers(&mut self, target: &Target) -> bool {
        let answers = self
            .unanswered
            .get(target)
            .is_none_or(|count| *count < UNANSWERED_MAX);
        self.report.is_more_left |= !answers;
        answers
    }

    /// What became of dealing with a slot; a failure is noted, and only one of the store ends the pass.
    pub(super) fn settle<T>(
        &mut self,
        application: &ApplicationId,
        target: &Target,
        result: Result<T, EngineError>,
    ) -> Result<Option<T>, EngineError> {
        match result {
            Ok(value) => {
                self.unanswered.remove(target);
                Ok(Some(value))
            }
            Err(error) => {
                if let EngineError::Read(_) = error {
                    *self.unanswered.entry(target.clone()).or_default() += 1;
                }
                self.report.fail(Some(application), error)?;
                Ok(None)
            }
        }
    }
}

/// FNV-1a over the pass and the id, its bits mixed once more: neighbours in one pass are not neighbours in the next.
fn scattered(pass: u64, id: &ApplicationId) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in pass.to_le_bytes().into_iter().chain(id.as_str().bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^ (hash >> 32)
}
