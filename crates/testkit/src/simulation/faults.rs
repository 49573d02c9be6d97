//! What may go wrong, decided by the seed of the faults. After the inputs nothing goes wrong any more.

use super::Profile;
use super::random::Random;

/// How far a listing of executions may be behind. With a call that lands late, this is beyond a start's deadline.
const LISTING_LAG_SECS_MAX: u64 = 170;

/// How likely each trouble is in one run, in thousandths unless named otherwise.
#[derive(Debug, Clone)]
pub(super) struct Faults {
    random: Random,
    is_over: bool,
    /// A function stops for a moment at a call, so that others go on in between.
    pause: u64,
    crash: u64,
    conflict: u64,
    transient: u64,
    lost: u64,
    duplicate: u64,
    late: u64,
    refused: u64,
    unknown: u64,
    /// A listing of executions does not show those of the last seconds.
    listing_lag_secs: u64,
    /// Executions end in other ways than well.
    pub(super) are_executions_failing: bool,
    /// Functions at work at once.
    pub(super) functions_max: usize,
    /// The largest page of dependents that the store gives out.
    pub(super) page_max: usize,
    only_crash_at: Option<u64>,
    crash_points: u64,
}

/// What becomes of a call that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteFault {
    None,
    Conflict,
    TransientBefore,
    TransientAfter,
}

/// What becomes of StartPipelineExecution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartFault {
    None,
    Throttled,
    Busy,
    UnknownAfterStart,
    UnknownWithoutStart,
    /// The answer is lost, and the start happens seconds later.
    UnknownThenStart,
}

impl Faults {
    pub(super) fn random(random: &mut Random, profile: Profile) -> Self {
        let mut some = |percent: u64, of_thousand: u64| {
            if random.chance(percent) {
                random.below(of_thousand + 1)
            } else {
                0
            }
        };
        let pause = some(75, 500);
        let crash = some(60, 25);
        let conflict = some(50, 80);
        let transient = some(50, 40);
        let lost = some(60, 300);
        let duplicate = some(70, 300);
        let late = some(70, 120);
        let refused = some(40, 300);
        let unknown = some(50, 400);
        let listing_lag_secs = LISTING_LAG_SECS_MAX - some(90, LISTING_LAG_SECS_MAX);
        let page_max = if random.chance(50) { 3 } else { 500 };
        Self {
            is_over: false,
            pause,
            crash,
            conflict,
            transient,
            lost,
            duplicate,
            late,
            refused,
            unknown,
            listing_lag_secs,
            are_executions_failing: profile == Profile::Everything && random.chance(70),
            functions_max: usize::try_from(random.between(2, 8)).unwrap_or(2),
            page_max,
            only_crash_at: None,
            crash_points: 0,
            random: random.fork(7),
        }
    }

    /// Nothing goes wrong but one crash, at the `point`th place where one may happen.
    pub(super) fn one_crash(random: &mut Random, point: u64) -> Self {
        let mut faults = Self::random(random, Profile::SameEnd);
        faults.stop();
        faults.functions_max = 1;
        faults.page_max = 3;
        faults.only_crash_at = Some(point);
        faults
    }

    /// Places at which a crash could have happened so far.
    pub(super) const fn crash_points(&self) -> u64 {
        self.crash_points
    }

    pub(super) fn stop(&mut self) {
        self.is_over = true;
        self.pause = 0;
        self.crash = 0;
        self.conflict = 0;
        self.transient = 0;
        self.lost = 0;
        self.duplicate = 0;
        self.late = 0;
        self.refused = 0;
        self.unknown = 0;
        self.listing_lag_secs = 0;
        self.are_executions_failing = false;
    }

    pub(super) const fn are_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn pauses(&mut self) -> bool {
        self.random.per_mille(self.pause)
    }

    pub(super) fn crashes(&mut self) -> bool {
        self.crash_points += 1;
        self.random.per_mille(self.crash) || self.only_crash_at == Some(self.crash_points)
    }

    pub(super) fn on_read(&mut self) -> bool {
        self.random.per_mille(self.transient / 4)
    }

    pub(super) fn on_write(&mut self) -> WriteFault {
        if self.random.per_mille(self.conflict) {
            WriteFault::Conflict
        } else if !self.random.per_mille(self.transient) {
            WriteFault::None
        } else if self.random.chance(50) {
            WriteFault::TransientBefore
        } else {
            WriteFault::TransientAfter
        }
    }

    pub(super) fn on_start(&mut self) -> StartFault {
        if self.random.per_mille(self.refused) {
            self.random.pick(&[StartFault::Throttled, StartFault::Busy])
        } else if self.random.per_mille(self.unknown) {
            self.random.pick(&[
                StartFault::UnknownAfterStart,
                StartFault::UnknownWithoutStart,
                StartFault::UnknownThenStart,
            ])
        } else {
            StartFault::None
        }
    }

    pub(super) const fn listing_lag_secs(&self) -> u64 {
        self.listing_lag_secs
    }

    /// When copies of a message arrive, in seconds after it is due. Empty: it is lost.
    pub(super) fn arrivals(&mut self, is_losable: bool) -> Vec<u64> {
        if is_losable && self.random.per_mille(self.lost) {
            return Vec::new();
        }
        let mut copies = vec![self.delay()];
        while copies.len() < 3 && self.random.per_mille(self.duplicate) {
            copies.push(self.delay());
        }
        copies
    }

    /// Any number: for choices of the world that are no faults.
    pub(super) const fn random_mut(&mut self) -> &mut Random {
        &mut self.random
    }

    fn delay(&mut self) -> u64 {
        if self.random.per_mille(self.late) {
            // Later than most waits of the engine.
            self.random.between(60, 2_400)
        } else {
            self.random.below(3)
        }
    }
}
