//! The simulated world at one instant: the clock, what is still to come, the true state of the services, and a mirror of
//! what the store was told.

mod moves;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Gate, Slot, SlotState, Wait, WaitOn};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Sighting, Timestamp};
use downriver_engine::index::BuiltReport;
use downriver_engine::operate::Command;
use downriver_engine::ports::{ResolvePage, StartExecution, Timer};
use downriver_engine::track::{ExecutionEvent, ExecutionState};

use super::faults::Faults;
use super::inputs::Input;
use super::invariants::{Mirror, Violation};
use super::organisation::{Line, Organisation};
use super::pipelines::Pipelines;
use super::planted::Bug;
use super::random::Random;
use super::registry::Registry;
use super::trace::{Trace, Tracing, tell};
use super::{Plan, REGISTERED_AT};

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Message(Message),
    Input(Input),
    Move(Move),
    /// The inputs are over: from here on nothing goes wrong.
    FaultsStop,
}

/// What calls a function of Downriver.
#[derive(Debug, Clone)]
pub(super) enum Message {
    Packages(Vec<Sighting>),
    Page(ResolvePage),
    Timer(Timer),
    Execution(ExecutionEvent),
    Report(BuiltReport),
    Repositories,
    Command(Command),
    /// The catalog, as it is when this is taken, is applied.
    Apply,
    Sweep,
}

/// What the services do by themselves; the number is that of the execution within its pipeline.
#[derive(Debug, Clone)]
pub(super) enum Move {
    Build(ApplicationId, usize),
    Publish(ApplicationId, usize),
    End(ApplicationId, usize),
    Supersede(ApplicationId, usize),
    Resume(ApplicationId, usize),
    /// A call whose caller gave up.
    LateStart(StartExecution),
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) organisation: Organisation,
    pub(super) now: Timestamp,
    agenda: BTreeMap<(Timestamp, u64), Item>,
    items: u64,
    /// Items of the agenda that are no sweeps.
    to_come: usize,
    pub(super) registry: Registry,
    pub(super) pipelines: Pipelines,
    /// Numbers what builds publish.
    pub(super) lines: BTreeMap<PackageId, Line>,
    pub(super) faults: Faults,
    pub(super) mirror: Mirror,
    pub(super) trace: Trace,
    pub(super) violation: Option<Violation>,
    /// Versions that events told of.
    pub(super) told: BTreeSet<PackageVersionId>,
    /// The catalog was edited, and what was edited is not applied yet.
    pub(super) applies_to_come: usize,
    /// An apply is at work: people take turns.
    pub(super) is_applying: bool,
    pub(super) starts: u64,
    pub(super) crashes: u64,
    /// Calls of the engine at its ports.
    pub(super) calls: u64,
    /// Set by a function that is to be killed.
    pub(super) is_crashing: bool,
    /// How far the clocks of two writers may have been apart.
    pub(super) skew_span_millis: i64,
    /// Built into the ports on purpose.
    pub(super) bug: Option<Bug>,
}

impl World {
    pub(super) fn new(plan: &Plan, tracing: Tracing) -> Self {
        let organisation = plan.organisation.clone();
        Self {
            now: REGISTERED_AT,
            agenda: BTreeMap::new(),
            items: 0,
            to_come: 0,
            registry: Registry::default(),
            pipelines: Pipelines::default(),
            lines: organisation.lines.clone(),
            faults: Faults::new(
                plan.odds.clone(),
                plan.day.fault_seed,
                plan.day.one_crash_at,
            ),
            mirror: Mirror::default(),
            trace: Trace::new(tracing),
            violation: None,
            told: BTreeSet::new(),
            applies_to_come: 0,
            is_applying: false,
            starts: 0,
            crashes: 0,
            calls: 0,
            is_crashing: false,
            skew_span_millis: i64::try_from(2 * plan.odds.skew_millis).unwrap_or(i64::MAX),
            bug: plan.day.bug,
            organisation,
        }
    }

    pub(super) fn random(&mut self) -> &mut Random {
        self.faults.random_mut()
    }

    pub(super) fn put(&mut self, at: Timestamp, item: Item) {
        self.items += 1;
        self.to_come += usize::from(!is_sweep(&item));
        self.agenda.insert((at, self.items), item);
    }

    fn take(&mut self, key: (Timestamp, u64)) -> Option<Item> {
        let item = self.agenda.remove(&key)?;
        self.to_come -= usize::from(!is_sweep(&item));
        self.trace.mix(key.1);
        Some(item)
    }

    pub(super) fn put_in(&mut self, secs: u64, item: Item) {
        self.put(self.now.plus_secs(secs), item);
    }

    /// Hands a message to its queue: it may come late, more than once, and a losable one never; false if it does not.
    pub(super) fn send(&mut self, at: Timestamp, message: &Message, is_losable: bool) -> bool {
        let arrivals = self.faults.arrivals(is_losable);
        for delay in &arrivals {
            self.put(at.plus_secs(*delay), Item::Message(message.clone()));
        }
        !arrivals.is_empty()
    }

    /// When the next thing is due.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.agenda.keys().next().map(|(at, _)| *at)
    }

    /// One of the things that are due; which, the seed decides.
    pub(super) fn take_due(&mut self) -> Option<Item> {
        const CHOICE_MAX: usize = 6;
        let due: Vec<(Timestamp, u64)> = self
            .agenda
            .range(..=(self.now, u64::MAX))
            .take(CHOICE_MAX)
            .map(|(key, _)| *key)
            .collect();
        if due.is_empty() {
            return None;
        }
        let key = self.faults.random_mut().pick(&due);
        self.take(key)
    }

    /// Package events that are due besides: they come in one batch.
    pub(super) fn take_batch(&mut self, first: Vec<Sighting>) -> Vec<Sighting> {
        const BATCH_MAX: u64 = 5;
        let wanted = self.random().below(BATCH_MAX);
        let due: Vec<(Timestamp, u64)> = self
            .agenda
            .range(..=(self.now, u64::MAX))
            .filter(|(_, item)| matches!(item, Item::Message(Message::Packages(_))))
            .map(|(key, _)| *key)
            .take(usize::try_from(wanted).unwrap_or(0))
            .collect();
        let mut batch = first;
        for key in due {
            if let Some(Item::Message(Message::Packages(sightings))) = self.take(key) {
                batch.extend(sightings);
            }
        }
        batch
    }

    /// Whether anything but sweeps is still to come.
    pub(super) const fn is_over(&self) -> bool {
        self.to_come == 0
    }

    pub(super) fn pending_items(&self) -> Vec<String> {
        self.agenda
            .iter()
            .map(|((at, _), item)| format!("{at}: {item:?}"))
            .collect()
    }

    pub(super) fn tell(&mut self, text: &str) {
        let secs = self.now.secs_since(REGISTERED_AT);
        self.trace.line(format!("{secs:>6} s  {text}"));
    }

    pub(super) fn violate(&mut self, invariant: &'static str, text: String) {
        tell!(self, "VIOLATION of {invariant}: {text}");
        if self.violation.is_none() {
            self.violation = Some(Violation { invariant, text });
        }
    }

    /// CodePipeline tells of an execution's new state.
    pub(super) fn emit_execution(
        &mut self,
        application: &ApplicationId,
        number: usize,
        state: ExecutionState,
    ) {
        let pass = &self.pipelines.passes(application)[number];
        let event = ExecutionEvent {
            pipeline: pass.pipeline.clone(),
            execution: pass.id.clone(),
            state,
            started_at: Some(pass.started_at),
            event_time: self.now,
            trigger: Some(pass.trigger.clone()),
        };
        tell!(self, "service: {} {state:?}", event.execution);
        let has_trigger = self.random().chance(60);
        let event = ExecutionEvent {
            trigger: event.trigger.filter(|_| has_trigger),
            ..event
        };
        if !self.send(self.now, &Message::Execution(event), true) {
            self.pipelines.pass_mut(application, number).is_end_untold |=
                state == ExecutionState::Succeeded;
        }
    }

    /// CodeArtifact tells of a version. These events are not lost; whoever sends them tries again for a day.
    pub(super) fn emit_sighting(&mut self, sighting: Option<Sighting>) {
        let Some(sighting) = sighting else { return };
        tell!(
            self,
            "service: {} {:?} in {}",
            sighting.package_version,
            sighting.status,
            sighting.repository.name
        );
        self.told.insert(sighting.package_version.clone());
        self.send(self.now, &Message::Packages(vec![sighting]), false);
    }

    pub(super) fn slot(&self, application: &ApplicationId) -> Option<&Slot> {
        self.mirror.slots.get(application)
    }

    /// Whether the slot needs nothing but a person, or nothing at all.
    pub(super) fn is_at_rest(&self, slot: &Slot) -> bool {
        match &slot.state {
            SlotState::Idle => slot.joined.is_empty() && slot.tail.is_none(),
            SlotState::Stuck(_) => true,
            // One that is still to be looked at may hold others up until then.
            SlotState::Pending(pending) => {
                slot.wake_at.is_none() && pending.waits.iter().any(needs_person)
            }
            // Where nothing is read, an end of which no event told is never found.
            SlotState::Parked(running) => self.organisation.is_event_started(&running.pipeline),
            SlotState::Starting(_) | SlotState::Running(_) => false,
        }
    }
}

const fn is_sweep(item: &Item) -> bool {
    matches!(item, Item::Message(Message::Sweep))
}

/// Nothing but an operator opens it.
pub(super) fn needs_person(wait: &Wait) -> bool {
    wait.gate == Gate::NotPaused || matches!(wait.on, WaitOn::Halt(_) | WaitOn::Approval(_))
}
