//! What may go wrong: how often each trouble happens is data and can be edited; when it happens, the seed decides. After
//! the inputs nothing goes wrong any more.

use super::Profile;
use super::random::Random;

/// How far a listing of executions may be behind. With a call that lands late, this is beyond a start's deadline.
const LISTING_LAG_SECS_MAX: u64 = 170;
/// Where CodePipeline forgets tokens, the name of the session alone has to tell whether a start happened: then a listing
/// shows within this what was started.
const LISTING_LAG_SECS_MAX_WITHOUT_TOKENS: u64 = 60;
/// How far the clock of a copy of a function may be off, either way.
const SKEW_MILLIS_MAX: u64 = 5_000;
/// Writes that an index may be behind.
const HIDDEN_WRITES_MAX: u64 = 8;

/// How likely each trouble is, in thousandths unless named otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Odds {
    /// A function stops for a moment at a call, so that others go on in between.
    pub(super) pause: u64,
    pub(super) crash: u64,
    pub(super) conflict: u64,
    pub(super) transient: u64,
    pub(super) lost: u64,
    pub(super) duplicate: u64,
    pub(super) late: u64,
    pub(super) refused: u64,
    pub(super) unknown: u64,
    /// Two copies of a function take the same message at once.
    pub(super) twin: u64,
    /// A read of an index does not show the last writes.
    pub(super) stale: u64,
    /// The clock of a copy of a function is off by at most this.
    pub(super) skew_millis: u64,
    /// A listing of executions does not show those of the last seconds.
    pub(super) listing_lag_secs: u64,
    /// How long CodePipeline knows a token.
    pub(super) token_secs: u64,
    /// Executions end in other ways than well.
    pub(super) are_executions_failing: bool,
    /// Functions at work at once.
    pub(super) functions_max: usize,
    /// The largest page of dependents that the store gives out.
    pub(super) page_max: usize,
}

/// Turns that a pause takes, at most: long enough for others to finish what they do.
const PAUSE_TURNS_MAX: u64 = 4;

impl Odds {
    pub(super) fn random(random: &mut Random, profile: Profile) -> Self {
        let mut some = |percent: u64, of_thousand: u64| {
            if random.chance(percent) {
                random.below(of_thousand + 1)
            } else {
                0
            }
        };
        let mut odds = Self {
            pause: some(75, 500),
            crash: some(60, 25),
            conflict: some(50, 80),
            transient: some(50, 40),
            lost: some(60, 300),
            duplicate: some(70, 300),
            late: some(70, 120),
            refused: some(40, 300),
            unknown: some(50, 400),
            twin: some(40, 300),
            stale: some(50, 500),
            skew_millis: some(50, SKEW_MILLIS_MAX),
            listing_lag_secs: LISTING_LAG_SECS_MAX - some(90, LISTING_LAG_SECS_MAX),
            token_secs: u64::MAX,
            are_executions_failing: false,
            functions_max: 2,
            page_max: 500,
        };
        odds.functions_max = usize::try_from(random.between(2, 8)).unwrap_or(2);
        odds.page_max = random.pick(&[3, 3, 500]);
        odds.are_executions_failing = profile == Profile::Everything && random.chance(70);
        if random.chance(30) {
            odds.token_secs = 0;
            odds.listing_lag_secs %= LISTING_LAG_SECS_MAX_WITHOUT_TOKENS;
        }
        odds
    }

    /// Each trouble, switched off.
    pub(super) const SWITCHES: [fn(&mut Self); 17] = [
        |odds| odds.are_executions_failing = false,
        |odds| odds.late = 0,
        |odds| odds.twin = 0,
        |odds| odds.stale = 0,
        |odds| odds.skew_millis = 0,
        |odds| odds.duplicate = 0,
        |odds| odds.crash = 0,
        |odds| odds.conflict = 0,
        |odds| odds.transient = 0,
        |odds| odds.lost = 0,
        |odds| odds.refused = 0,
        |odds| odds.unknown = 0,
        |odds| odds.listing_lag_secs = 0,
        |odds| odds.token_secs = u64::MAX,
        |odds| odds.page_max = 500,
        |odds| odds.pause = 0,
        |odds| odds.functions_max = 1,
    ];

    /// Those in thousandths, with what they are called.
    pub(super) const fn named(&self) -> [(&'static str, u64); 11] {
        [
            ("pauses", self.pause),
            ("kills", self.crash),
            ("conflicts", self.conflict),
            ("time-outs", self.transient),
            ("losses", self.lost),
            ("duplicates", self.duplicate),
            ("delays", self.late),
            ("refused starts", self.refused),
            ("starts without answer", self.unknown),
            ("two copies at once", self.twin),
            ("stale indexes", self.stale),
        ]
    }

    /// Nothing goes wrong, and one function works at a time.
    pub(super) const fn none() -> Self {
        Self {
            pause: 0,
            crash: 0,
            conflict: 0,
            transient: 0,
            lost: 0,
            duplicate: 0,
            late: 0,
            refused: 0,
            unknown: 0,
            twin: 0,
            stale: 0,
            skew_millis: 0,
            listing_lag_secs: 0,
            token_secs: u64::MAX,
            are_executions_failing: false,
            functions_max: 1,
            page_max: 3,
        }
    }
}

/// The odds at work, with the stream of choices.
#[derive(Debug, Clone)]
pub(super) struct Faults {
    random: Random,
    odds: Odds,
    is_over: bool,
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
    /// `only_crash_at`: nothing else goes wrong but one crash, at that place where one may happen.
    pub(super) fn new(odds: Odds, seed: u64, only_crash_at: Option<u64>) -> Self {
        Self {
            random: Random::new(seed ^ 0x5eed).fork(7),
            odds,
            is_over: only_crash_at.is_some(),
            only_crash_at,
            crash_points: 0,
        }
    }

    /// Nothing goes wrong at all.
    pub(super) fn none() -> Self {
        Self::new(Odds::none(), 0, None)
    }

    pub(super) const fn odds(&self) -> &Odds {
        &self.odds
    }

    /// Places at which a crash could have happened so far.
    pub(super) const fn crash_points(&self) -> u64 {
        self.crash_points
    }

    /// As many functions work at once as before, and pages stay as small as they are; nothing else goes wrong.
    pub(super) fn stop(&mut self) {
        self.is_over = true;
        self.odds = Odds {
            functions_max: self.odds.functions_max,
            page_max: self.odds.page_max,
            token_secs: self.odds.token_secs,
            ..Odds::none()
        };
    }

    pub(super) const fn are_over(&self) -> bool {
        self.is_over
    }

    /// How many turns a function leaves to others before its next call.
    pub(super) fn pause(&mut self) -> u64 {
        if self.random.per_mille(self.odds.pause) {
            self.random.between(1, PAUSE_TURNS_MAX)
        } else {
            0
        }
    }

    pub(super) fn crashes(&mut self) -> bool {
        self.crash_points += 1;
        self.random.per_mille(self.odds.crash) || self.only_crash_at == Some(self.crash_points)
    }

    pub(super) fn on_read(&mut self) -> bool {
        self.random.per_mille(self.odds.transient / 4)
    }

    pub(super) fn on_write(&mut self) -> WriteFault {
        if self.random.per_mille(self.odds.conflict) {
            WriteFault::Conflict
        } else if !self.random.per_mille(self.odds.transient) {
            WriteFault::None
        } else if self.random.chance(50) {
            WriteFault::TransientBefore
        } else {
            WriteFault::TransientAfter
        }
    }

    pub(super) fn on_start(&mut self) -> StartFault {
        if self.random.per_mille(self.odds.refused) {
            self.random.pick(&[StartFault::Throttled, StartFault::Busy])
        } else if self.random.per_mille(self.odds.unknown) {
            self.random.pick(&[
                StartFault::UnknownAfterStart,
                StartFault::UnknownWithoutStart,
                StartFault::UnknownThenStart,
            ])
        } else {
            StartFault::None
        }
    }

    pub(super) fn has_twin(&mut self) -> bool {
        self.random.per_mille(self.odds.twin)
    }

    /// How many of the last writes a read of an index does not show.
    pub(super) fn hidden_writes(&mut self) -> usize {
        if !self.random.per_mille(self.odds.stale) {
            return 0;
        }
        let writes = self.random.between(1, HIDDEN_WRITES_MAX);
        usize::try_from(writes).unwrap_or(0)
    }

    /// By how much the clock of a new copy of a function is off.
    pub(super) fn skew_millis(&mut self) -> i64 {
        let max = self.odds.skew_millis;
        if max == 0 {
            return 0;
        }
        let ahead = i64::try_from(self.random.between(0, 2 * max)).unwrap_or(0);
        ahead - i64::try_from(max).unwrap_or(0)
    }

    /// When copies of a message arrive, in seconds after it is due. Empty: it is lost.
    pub(super) fn arrivals(&mut self, is_losable: bool) -> Vec<u64> {
        if is_losable && self.random.per_mille(self.odds.lost) {
            return Vec::new();
        }
        let mut copies = vec![self.delay()];
        while copies.len() < 3 && self.random.per_mille(self.odds.duplicate) {
            copies.push(self.delay());
        }
        copies
    }

    /// Any number: for choices of the world that are no faults.
    pub(super) const fn random_mut(&mut self) -> &mut Random {
        &mut self.random
    }

    fn delay(&mut self) -> u64 {
        if self.random.per_mille(self.odds.late) {
            // Later than most waits of the engine.
            self.random.between(60, 2_400)
        } else {
            self.random.below(3)
        }
    }
}
