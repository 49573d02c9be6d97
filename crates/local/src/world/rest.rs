//! The loop: one step, and steps until nothing moves any more.

use downriver_domain::Timestamp;
use downriver_engine::ports::Store as _;
use downriver_engine::sweep::SWEEP_INTERVAL_SECS;

use super::ports::complete;
use super::{STEPS_PER_TRANSACTION, Step, StepKind, World, WorldError};
use crate::simulator::Item;
use crate::story::When;

/// Steps that are taken without any new input before a replay counts as one that never rests: for each application,
/// and in any case.
const STEPS_PER_APPLICATION_MAX: u64 = 2_000;
const STEPS_MIN: u64 = 50_000;

/// Busy applications that an error names.
const BUSY_NAMED_MAX: usize = 10;

/// A replay that stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    pub at: Timestamp,
    pub steps: u64,
    /// Nothing happens any more; otherwise it was stopped before that.
    pub is_over: bool,
}

impl World {
    /// Takes steps until nothing happens any more: no input, nothing on the agenda but sweeps, and no slot that time
    /// would wake. Everything is durable then.
    pub fn run_to_rest(&mut self, on_step: impl FnMut(&Self, &Step)) -> Result<Rest, WorldError> {
        self.run(None, on_step)
    }

    /// Takes the steps up to and with this instant, which the clock shows then. Everything is durable, and the replay
    /// can go on from there.
    pub fn run_until(
        &mut self,
        until: When,
        on_step: impl FnMut(&Self, &Step),
    ) -> Result<Rest, WorldError> {
        let until = until.resolve(self.input.first);
        self.run(Some(until), on_step)
    }

    fn run(
        &mut self,
        until: Option<Timestamp>,
        mut on_step: impl FnMut(&Self, &Step),
    ) -> Result<Rest, WorldError> {
        let applications = self
            .simulation
            .with(|simulator| simulator.facts.applications.len());
        let applications = u64::try_from(applications).unwrap_or(u64::MAX);
        let steps_max =
            STEPS_MIN.saturating_add(STEPS_PER_APPLICATION_MAX.saturating_mul(applications));
        let mut taken = self.progress().0;
        let mut steps = 0;
        let stop_at = |world: &Self| {
            let until = until?;
            world.next_at().filter(|next| until < *next).map(|_| until)
        };
        loop {
            if let Some(at) = stop_at(self) {
                return self.stop(at);
            }
            let Some(step) = self.step()? else {
                break;
            };
            on_step(self, &step);
            steps += 1;
            let (taken_now, _) = self.progress();
            if taken_now != taken {
                taken = taken_now;
                steps = 0;
            }
            if steps > steps_max {
                self.flush()?;
                let moving = self.moving()?;
                return Err(WorldError::NeverRests { steps, moving });
            }
        }
        self.flush()?;
        Ok(self.rest(true))
    }

    /// Nothing happens until then; the clock comes to it.
    fn stop(&mut self, at: Timestamp) -> Result<Rest, WorldError> {
        self.begin_transaction()?;
        self.simulator(|simulator| simulator.advance_to(at));
        self.record(Vec::new())?;
        self.flush()?;
        Ok(self.rest(false))
    }

    fn rest(&self, is_over: bool) -> Rest {
        Rest {
            at: self.now(),
            steps: self.steps(),
            is_over,
        }
    }

    /// When the next thing happens; `None` at rest.
    fn next_at(&self) -> Option<Timestamp> {
        let (input_at, agenda_at) = self.next_of_each();
        input_at.into_iter().chain(agenda_at).min()
    }

    fn next_of_each(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let (taken, total) = self.progress();
        let input_at = (taken < total).then(|| self.input.events[taken].0);
        let agenda_at = self.simulation.with(|simulator| simulator.agenda.next_at());
        (input_at, agenda_at)
    }

    /// Lets the next thing happen; `None` at rest.
    ///
    /// An error undoes everything since the last transaction in the store; the replay is then to be opened anew.
    pub fn step(&mut self) -> Result<Option<Step>, WorldError> {
        let result = self.try_step();
        if result.is_err() && self.is_in_transaction {
            self.is_in_transaction = false;
            self.store.abandon_step()?;
        }
        result
    }

    fn try_step(&mut self) -> Result<Option<Step>, WorldError> {
        let refused_before = self.quarantined.len();
        let (number_before, now_before) = (self.steps(), self.now());
        self.begin_transaction()?;
        let Some(kind) = self.take_next()? else {
            self.flush()?;
            return Ok(None);
        };
        debug_assert!(now_before <= self.now(), "the clock never goes back");
        self.schedule_sweep()?;
        self.simulator(|simulator| simulator.counters.steps += 1);
        let refused = self.quarantined[refused_before..].to_vec();
        let rows = self.quarantine_rows(&refused);
        self.record(rows)?;
        let number = number_before + 1;
        if number.is_multiple_of(STEPS_PER_TRANSACTION) {
            self.flush()?;
        }
        Ok(Some(Step {
            number,
            at: self.now(),
            kind,
            notices: self.simulation.take_notices(),
            quarantined: refused,
        }))
    }

    /// The input goes before what is on the agenda for the same instant.
    fn take_next(&mut self) -> Result<Option<StepKind>, WorldError> {
        match self.next_of_each() {
            (None, None) => Ok(None),
            (Some(at), agenda_at) if agenda_at.is_none_or(|other| at <= other) => {
                self.simulator(|simulator| simulator.advance_to(at));
                self.take_input(at).map(Some)
            }
            _ => {
                let (at, item) = self
                    .simulator(|simulator| simulator.agenda.take())
                    .expect("the agenda has a next instant");
                self.simulator(|simulator| simulator.advance_to(at));
                self.handle(at, item).map(Some)
            }
        }
    }

    /// Keeps a sweep on the agenda while anything may still happen by itself.
    fn schedule_sweep(&self) -> Result<(), WorldError> {
        let (has_sweep, is_active) = self
            .simulation
            .with(|simulator| (simulator.agenda.has_sweep(), simulator.agenda.is_active()));
        if has_sweep {
            return Ok(());
        }
        let may_move = is_active || !complete(self.store.list_due(Timestamp::MAX, 1))?.is_empty();
        if may_move {
            let at = self.now().plus_secs(SWEEP_INTERVAL_SECS);
            self.simulator(|simulator| simulator.put(at, Item::Sweep));
        }
        Ok(())
    }

    /// What still moves, in words.
    fn moving(&self) -> Result<String, WorldError> {
        let census = self.simulation.with(|simulator| simulator.agenda.census());
        let items: Vec<String> = census
            .into_iter()
            .map(|(kind, count)| format!("{count} × {kind}"))
            .collect();
        let busy = complete(self.store.list_busy(None, BUSY_NAMED_MAX))?;
        let busy: Vec<String> = busy.iter().map(ToString::to_string).collect();
        Ok(format!(
            "[{}] on the agenda; busy applications: [{}]",
            items.join(", "),
            busy.join(", ")
        ))
    }
}
