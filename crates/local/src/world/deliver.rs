//! What one item of the agenda is to the engine: which use case is called, and what happens if it fails.

use std::collections::BTreeSet;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Sighting, Timestamp};
use downriver_engine::ports::{Store as _, StoreError, Timer};
use downriver_engine::track::ExecutionEvent;
use downriver_engine::wire::codeartifact;
use downriver_engine::wire::event::{self, WireEvent};
use downriver_engine::{EngineError, index, operate, resolve, start, sweep, track};

use super::open::QUARANTINE;
use super::ports::complete;
use super::{Quarantined, StepKind, World, WorldError};
use crate::simulator::state::{Row, written};
use crate::simulator::{Item, Progress, ProgressStep, Refresh};

/// Events in one batch, as Lambda takes them from a queue by default.
const BATCH_MAX: usize = 10;
/// Deliveries of one message before it is given up (the queue's `maxReceiveCount`).
const RECEIVES_MAX: u32 = 5;
/// Until a message that failed is delivered again.
const REDELIVERY_SECS: u64 = 30;

/// An event on its way in.
struct Arriving {
    bytes: Vec<u8>,
    from: Option<String>,
    receives: u32,
}

enum Meaning {
    Package(Sighting),
    Execution(ExecutionEvent),
    /// Of no concern.
    Ignored,
    Refused(String),
}

impl World {
    /// Hands over the next input event, and those of packages that arrive at the same instant after one.
    pub(super) fn take_input(&mut self, at: Timestamp) -> Result<StepKind, WorldError> {
        let mut batch: Vec<(Arriving, Sighting)> = Vec::new();
        while batch.len() < BATCH_MAX {
            let (taken, _) = self.progress();
            let Some((due, input)) = self.input.events.get(taken) else {
                break;
            };
            if *due != at {
                break;
            }
            let arriving = Arriving {
                bytes: input.bytes.clone(),
                from: Some(input.position.clone()),
                receives: 0,
            };
            match self.read(&arriving.bytes) {
                Meaning::Package(sighting) => {
                    self.count_input();
                    batch.push((arriving, sighting));
                }
                _ if !batch.is_empty() => break,
                other => {
                    self.count_input();
                    return self.hand_over(arriving, other);
                }
            }
        }
        self.resolve(batch)
    }

    /// Carries out an item of the agenda.
    pub(super) fn handle(&mut self, at: Timestamp, item: Item) -> Result<StepKind, WorldError> {
        match item {
            Item::Event {
                body,
                from,
                receives,
            } => {
                let arriving = Arriving {
                    bytes: body.into_bytes(),
                    from,
                    receives,
                };
                self.take_event(at, arriving)
            }
            Item::Timer {
                application,
                slot_revision,
                receives,
            } => {
                let timer = Timer {
                    application: application.0.clone(),
                    slot_revision,
                    at,
                };
                let result = complete(start::look_at(self, &timer));
                let again = |receives| Item::Timer {
                    application: application.clone(),
                    slot_revision,
                    receives,
                };
                self.settle(result, receives, again)?;
                Ok(StepKind::Timer(timer.application))
            }
            Item::Page { page, receives } => {
                let message = page.to_page();
                let result = complete(resolve::resolve_page(self, &message));
                let again = |receives| Item::Page {
                    page: page.clone(),
                    receives,
                };
                self.settle(result, receives, again)?;
                Ok(StepKind::Page(message.package))
            }
            Item::Built { report, receives } => {
                let message = report.to_report();
                let result = complete(index::record_built(self, &message));
                let again = |receives| Item::Built {
                    report: report.clone(),
                    receives,
                };
                self.settle(result, receives, again)?;
                Ok(StepKind::IndexResult(message.application))
            }
            Item::Command { command, receives } => {
                let result = complete(operate::operate(self, &command.to_command())).map(drop);
                let again = |receives| Item::Command {
                    command: command.clone(),
                    receives,
                };
                self.settle(result, receives, again)?;
                Ok(StepKind::Command)
            }
            Item::Sweep => {
                // A sweep that fails is made up for by the next one.
                fatal(complete(sweep::sweep(self)).map(drop))?;
                Ok(StepKind::Sweep)
            }
            simulated => self.simulate(simulated),
        }
    }

    fn simulate(&self, item: Item) -> Result<StepKind, WorldError> {
        match item {
            Item::Progress(progress) if progress.step == ProgressStep::Resolve => {
                self.build(&progress)?;
            }
            Item::Progress(progress) => {
                self.simulator(|simulator| simulator.progress(&progress));
            }
            Item::Push {
                application,
                is_rule,
            } => self.simulator(|simulator| simulator.push(&application.0, is_rule)),
            Item::Ingest {
                package,
                version,
                repositories,
            } => {
                self.simulator(|simulator| simulator.ingest(&package, &version, &repositories));
            }
            other => unreachable!("a {} is the engine's", other.kind()),
        }
        Ok(StepKind::Simulated)
    }

    /// Lets a build stage resolve the dependencies that the store has for its application.
    fn build(&self, progress: &Progress) -> Result<(), WorldError> {
        let builder = self
            .simulation
            .with(|simulator| simulator.builder_of(progress));
        let Some((application, refresh)) = builder else {
            return Ok(());
        };
        let dependencies = complete(self.store.load_dependencies(&application))?;
        let refreshed = match refresh {
            Refresh::Nothing => BTreeSet::new(),
            Refresh::Packages(packages) => packages,
            Refresh::ByRebuild => self.packages_of_rebuild(&application)?,
        };
        self.simulator(|simulator| simulator.build(progress, &dependencies, &refreshed));
        Ok(())
    }

    fn packages_of_rebuild(
        &self,
        application: &ApplicationId,
    ) -> Result<BTreeSet<PackageId>, WorldError> {
        let states = complete(
            self.store
                .load_applications(std::slice::from_ref(application)),
        )?;
        let rebuild = states.first().and_then(|state| state.slot.rebuild());
        Ok(rebuild.map_or_else(BTreeSet::new, |rebuild| {
            let wanted = rebuild.packages.iter();
            wanted
                .filter(|(_, wanted)| wanted.needs_refresh)
                .map(|(package, _)| package.clone())
                .collect()
        }))
    }

    /// Hands over an event of the agenda, and those of packages that are due at the same instant after one.
    fn take_event(&mut self, at: Timestamp, first: Arriving) -> Result<StepKind, WorldError> {
        let sighting = match self.read(&first.bytes) {
            Meaning::Package(sighting) => sighting,
            other => return self.hand_over(first, other),
        };
        let mut batch = vec![(first, sighting)];
        while batch.len() < BATCH_MAX {
            let next = self
                .simulation
                .with(|simulator| match simulator.agenda.peek() {
                    Some((due, Item::Event { body, .. })) if due == at => {
                        Some(self.read(body.as_bytes()))
                    }
                    _ => None,
                });
            let Some(Meaning::Package(sighting)) = next else {
                break;
            };
            let taken = self.simulator(|simulator| simulator.agenda.take());
            let Some((
                _,
                Item::Event {
                    body,
                    from,
                    receives,
                },
            )) = taken
            else {
                unreachable!("the next item is an event");
            };
            let arriving = Arriving {
                bytes: body.into_bytes(),
                from,
                receives,
            };
            batch.push((arriving, sighting));
        }
        self.resolve(batch)
    }

    fn hand_over(&mut self, arriving: Arriving, meaning: Meaning) -> Result<StepKind, WorldError> {
        match meaning {
            Meaning::Package(sighting) => self.resolve(vec![(arriving, sighting)]),
            Meaning::Execution(execution) => {
                self.simulator(|simulator| simulator.observe(&execution));
                let result = complete(track::track(self, &execution));
                self.settle_events(result, vec![arriving])?;
                Ok(StepKind::Execution)
            }
            Meaning::Ignored => Ok(StepKind::LeftOut),
            Meaning::Refused(reason) => {
                self.quarantine(arriving.from, reason);
                Ok(StepKind::LeftOut)
            }
        }
    }

    fn resolve(&mut self, batch: Vec<(Arriving, Sighting)>) -> Result<StepKind, WorldError> {
        let (arriving, sightings): (Vec<Arriving>, Vec<Sighting>) = batch.into_iter().unzip();
        self.simulator(|simulator| {
            for sighting in &sightings {
                simulator.registry.apply(&simulator.facts, sighting);
            }
        });
        let result = complete(resolve::resolve(self, &sightings));
        self.settle_events(result, arriving)?;
        Ok(StepKind::Packages(sightings.len()))
    }

    fn read(&self, bytes: &[u8]) -> Meaning {
        let event = match event::parse(bytes, &self.input.sources) {
            Ok(event) => event,
            Err(rejection) => return Meaning::Refused(rejection.to_string()),
        };
        match event {
            WireEvent::PackageVersion(event) => {
                let accepted = self
                    .simulation
                    .with(|simulator| codeartifact::accept(event, &simulator.facts.topology));
                match accepted {
                    Ok(sighting) => Meaning::Package(sighting),
                    Err(rejection) => Meaning::Refused(rejection.to_string()),
                }
            }
            WireEvent::Execution(execution) => Meaning::Execution(execution),
            WireEvent::Ignored(_) => Meaning::Ignored,
        }
    }

    fn settle_events(
        &mut self,
        result: Result<(), EngineError>,
        arriving: Vec<Arriving>,
    ) -> Result<(), WorldError> {
        let Some(reason) = fatal(result)? else {
            return Ok(());
        };
        for event in arriving {
            let receives = event.receives + 1;
            let body = String::from_utf8(event.bytes).expect("a parsed event is UTF-8");
            if receives >= RECEIVES_MAX {
                self.quarantine(event.from, given_up(&reason));
                continue;
            }
            let item = Item::Event {
                body,
                from: event.from,
                receives,
            };
            self.put_again(item);
        }
        Ok(())
    }

    /// Delivers a message again whose use case failed, until it is given up.
    fn settle(
        &mut self,
        result: Result<(), EngineError>,
        receives: u32,
        again: impl FnOnce(u32) -> Item,
    ) -> Result<(), WorldError> {
        let Some(reason) = fatal(result)? else {
            return Ok(());
        };
        let item = again(receives + 1);
        if receives + 1 >= RECEIVES_MAX {
            self.quarantine(Some(item.kind().to_owned()), given_up(&reason));
        } else {
            self.put_again(item);
        }
        Ok(())
    }

    fn put_again(&self, item: Item) {
        let at = self.now().plus_secs(REDELIVERY_SECS);
        self.simulator(|simulator| simulator.put(at, item));
    }

    fn quarantine(&mut self, from: Option<String>, reason: String) {
        let position = from.unwrap_or_else(|| "simulated".to_owned());
        self.quarantined.push(Quarantined { position, reason });
    }

    /// Rows of what was refused in this step.
    pub(super) fn quarantine_rows(&self, refused: &[Quarantined]) -> Vec<Row> {
        let row = |quarantined: &Quarantined| {
            let number = self.simulator(|simulator| {
                simulator.counters.quarantined += 1;
                simulator.counters.quarantined
            });
            (
                format!("{QUARANTINE}{number:08}"),
                Some(written(quarantined)),
            )
        };
        refused.iter().map(row).collect()
    }

    fn count_input(&self) {
        self.simulator(|simulator| simulator.counters.inputs_taken += 1);
    }
}

/// What ends the replay is an error; what another delivery may cure is a reason.
fn fatal(result: Result<(), EngineError>) -> Result<Option<String>, WorldError> {
    match result {
        Ok(()) => Ok(None),
        Err(EngineError::Store(error @ StoreError::Permanent(_))) => Err(error.into()),
        Err(error) => Ok(Some(chain(&error))),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn given_up(reason: &str) -> String {
    format!("given up after {RECEIVES_MAX} deliveries: {reason}")
}
