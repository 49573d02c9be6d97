//! The scheduler: which thing happens next, over several copies of functions at work at once.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use downriver_domain::Timestamp;
use downriver_domain::version::PackageVersionId;
use downriver_engine::ports::Store;
use downriver_engine::{EngineError, index, operate, register, resolve, start, sweep, track};

use super::inputs::Input;
use super::organisation::FIRST_VERSION;
use super::ports::Worker;
use super::world::{Item, Message, World};
use super::{Failure, Finished, REGISTERED_AT, Simulation, shown};
use crate::builders::repository;
use crate::run_at_once;

/// The longest that a function may work, in seconds; then it is killed.
pub(super) const FUNCTION_SECS_MAX: u64 = 60;
/// Steps after the faults stopped within which everything has to rest; a step is a message, a move or a poll.
const REST_STEPS_MAX: u64 = 60_000;
/// How long that may take on the virtual clock: the longest waits of the engine one after another, in seconds.
const REST_SECS_MAX: u64 = 48 * 3600;

type Work<'a> = Pin<Box<dyn Future<Output = Result<(), EngineError>> + 'a>>;

/// A copy of a function at work.
struct Running<'a> {
    number: u64,
    work: Work<'a>,
    message: Message,
    began_at: Timestamp,
}

impl<S: Store> Simulation<S> {
    pub(super) fn run(
        self,
        inputs: Vec<(Timestamp, Input)>,
        last_at: Timestamp,
    ) -> Result<Finished, Failure> {
        self.begin(inputs, last_at);
        let steps = self.work_to_rest();
        self.check_at_rest();
        let mut world = self.world.into_inner();
        if let Some(violation) = world.violation.take() {
            return Err(Failure {
                violation,
                trace: world.trace.into_tail(),
            });
        }
        Ok(Finished {
            steps,
            starts: world.starts,
            crashes: world.crashes,
            crash_points: world.faults.crash_points(),
            trace_hash: world.trace.hash(),
            built_roots: world.built_roots(),
        })
    }

    /// Registers the organisation and puts the day's inputs on the agenda.
    fn begin(&self, inputs: Vec<(Timestamp, Input)>, last_at: Timestamp) {
        let catalog = self.world.borrow().organisation.catalog();
        let mut faults = self.world.borrow().faults.clone();
        faults.stop();
        std::mem::swap(&mut self.world.borrow_mut().faults, &mut faults);
        let worker = Worker {
            simulation: self,
            number: 0,
        };
        run_at_once(register::apply(&worker, &catalog, REGISTERED_AT))
            .expect("a catalog is applied to an empty store");
        let mut world = self.world.borrow_mut();
        world.faults = faults;
        let packages: Vec<_> = world.lines.keys().cloned().collect();
        for package in packages {
            let is_internal = world.organisation.topology.is_internal(&package);
            let (name, origin) = if is_internal {
                ("shared", downriver_domain::Origin::Internal)
            } else {
                ("public", downriver_domain::Origin::External)
            };
            let first =
                PackageVersionId::new(package, FIRST_VERSION).expect("the first version is valid");
            world
                .registry
                .publish(&first, &repository(name), origin, REGISTERED_AT);
        }
        for (at, input) in inputs {
            world.put(at, Item::Input(input));
        }
        world.put(last_at.plus_secs(600), Item::FaultsStop);
        world.put_in(sweep::SWEEP_INTERVAL_SECS, Item::Message(Message::Sweep));
    }

    /// Lets one thing happen after another until nothing is left to happen, or an invariant does not hold.
    fn work_to_rest(&self) -> u64 {
        let mut running: Vec<Running<'_>> = Vec::new();
        let mut steps = 0;
        let mut faults_stopped: Option<(u64, Timestamp)> = None;
        loop {
            steps += 1;
            if self.world.borrow().violation.is_some() {
                return steps;
            }
            self.step(&mut running, steps);
            let world = &mut *self.world.borrow_mut();
            if !world.faults.are_over() {
                continue;
            }
            let (since, at) = *faults_stopped.get_or_insert((steps, world.now));
            if running.is_empty() && world.is_over() && { world.mirror.slots.values() }
                .all(|slot| world.is_at_rest(slot))
            {
                return steps;
            }
            if steps - since > REST_STEPS_MAX || world.now > at.plus_secs(REST_SECS_MAX) {
                let busy: Vec<_> = world
                    .mirror
                    .slots
                    .values()
                    .filter(|slot| !world.is_at_rest(slot))
                    .collect();
                let text = format!(
                    "no rest: {busy:?}, still to come {:?}",
                    world.pending_items()
                );
                world.violate("I6", text);
            }
        }
    }

    fn step<'a>(&'a self, running: &mut Vec<Running<'a>>, number: u64) {
        let (may_begin, prefers_poll, lets_time_pass) = {
            let mut world = self.world.borrow_mut();
            let max = world.faults.functions_max;
            let random = world.random();
            (running.len() < max, random.chance(60), random.chance(6))
        };
        if !running.is_empty() && (prefers_poll || !may_begin) {
            let at = self.world.borrow_mut().random().index(running.len());
            self.poll(running, at);
            return;
        }
        let due = self.world.borrow_mut().take_due();
        if let Some(item) = due {
            self.happen(item, running, number);
        } else if running.is_empty() || lets_time_pass {
            self.pass_time(running);
        }
    }

    fn happen<'a>(&'a self, item: Item, running: &mut Vec<Running<'a>>, number: u64) {
        let mut world = self.world.borrow_mut();
        match item {
            Item::Input(input) => {
                world.tell(&format!("people: {input:?}"));
                world.act(input);
            }
            Item::Move(make) => world.make(&make),
            Item::FaultsStop => {
                world.tell("faults stop");
                world.faults.stop();
                world.release_pauses();
            }
            Item::Message(message) => {
                let message = match message {
                    Message::Packages(sightings) => Message::Packages(world.take_batch(sightings)),
                    other => other,
                };
                if matches!(message, Message::Sweep) {
                    world.put_in(sweep::SWEEP_INTERVAL_SECS, Item::Message(Message::Sweep));
                }
                world.tell(&format!(
                    "function {number}: takes {}",
                    shown::message(&message)
                ));
                let began_at = world.now;
                drop(world);
                let worker = Worker {
                    simulation: self,
                    number,
                };
                running.push(Running {
                    number,
                    work: work(worker, message.clone()),
                    message,
                    began_at,
                });
            }
        }
    }

    fn poll(&self, running: &mut Vec<Running<'_>>, at: usize) {
        let polled = running[at]
            .work
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        let mut world = self.world.borrow_mut();
        if std::mem::take(&mut world.is_crashing) {
            let killed = running.swap_remove(at);
            world.crashes += 1;
            world.put_again(killed.message, 90);
            return;
        }
        let Poll::Ready(result) = polled else { return };
        let done = running.swap_remove(at);
        match result {
            Ok(()) => world.tell(&format!("function {} is done", done.number)),
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                let is_expected = !world.faults.are_over()
                    || matches!(error, EngineError::Contended(..))
                    || source
                        .as_deref()
                        .is_some_and(|source| source.contains("simulated"));
                world.tell(&format!(
                    "function {} failed: {error}: {source:?}",
                    done.number
                ));
                if !is_expected {
                    let text = format!(
                        "{} failed: {error}: {source:?}",
                        shown::message(&done.message)
                    );
                    world.violate("I10", text);
                }
                world.put_again(done.message, 30);
            }
        }
    }

    /// On to the next thing that is due; functions that work for too long are killed.
    fn pass_time(&self, running: &mut Vec<Running<'_>>) {
        let mut world = self.world.borrow_mut();
        let limit = running
            .iter()
            .map(|running| running.began_at.plus_secs(FUNCTION_SECS_MAX))
            .min();
        let next = world.next_at().expect("a sweep is always to come");
        world.now = limit.map_or(next, |limit| limit.min(next)).max(world.now);
        let now = world.now;
        let mut at = 0;
        while at < running.len() {
            if running[at].began_at.plus_secs(FUNCTION_SECS_MAX) > now {
                at += 1;
                continue;
            }
            let killed = running.swap_remove(at);
            world.crashes += 1;
            world.tell(&format!("function {} runs out of time", killed.number));
            world.put_again(killed.message, 30);
        }
    }
}

impl World {
    /// A message whose function did not finish comes again.
    fn put_again(&mut self, message: Message, secs: u64) {
        if !matches!(message, Message::Sweep) {
            self.put_in(secs, Item::Message(message));
        }
    }

    /// What operators paused, they mostly resume.
    fn release_pauses(&mut self) {
        if self.random().chance(70) {
            let ids: Vec<_> = self.organisation.members.keys().cloned().collect();
            let roots = self.organisation.roots.clone();
            let scopes = [downriver_domain::slot::PauseScope::System]
                .into_iter()
                .chain(
                    ids.into_iter()
                        .map(downriver_domain::slot::PauseScope::Application),
                )
                .chain(
                    roots
                        .into_iter()
                        .map(downriver_domain::slot::PauseScope::Package),
                );
            for scope in scopes {
                let command = operate::Command::Resume { scope };
                self.put_in(5, Item::Message(Message::Command(command)));
            }
        }
    }
}

impl<S: Store> Worker<'_, S> {
    /// A pass goes on past what fails; after the faults only other writers may make it fail.
    fn check_failures(&self, report: &sweep::SweepReport) {
        let mut world = self.simulation.world.borrow_mut();
        for failure in &report.failures {
            world.tell(&format!("sweep: {failure:?}"));
            let is_expected = !world.faults.are_over()
                || failure.reason.contains("simulated")
                || failure.reason.contains("times in a row");
            if !is_expected {
                world.violate("I10", format!("a sweep reports {failure:?}"));
            }
        }
    }
}

/// Calls the use case that the matching function of the real deployment calls.
fn work<S: Store>(worker: Worker<'_, S>, message: Message) -> Work<'_> {
    Box::pin(async move {
        match message {
            Message::Packages(sightings) => resolve::resolve(&worker, &sightings).await,
            Message::Page(page) => resolve::resolve_page(&worker, &page).await,
            Message::Timer(timer) => start::look_at(&worker, &timer).await,
            Message::Execution(event) => track::track(&worker, &event).await,
            Message::Report(report) => index::record_built(&worker, &report).await,
            Message::Command(command) => operate::operate(&worker, &command).await.map(|_| ()),
            Message::Sweep => {
                let report = sweep::sweep(&worker).await?;
                worker.check_failures(&report);
                Ok(())
            }
        }
    })
}
