//! The scheduler: which thing happens next, over several copies of functions at work at once.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use downriver_domain::Timestamp;
use downriver_domain::version::PackageVersionId;
use downriver_engine::ports::{Clock, Store};
use downriver_engine::{
    EngineError, index, operate, register, repositories, resolve, start, sweep, track,
};

use super::faults::Faults;
use super::inputs::Input;
use super::organisation::first_version;
use super::ports::Worker;
use super::trace::tell;
use super::world::{Item, Message, World};
use super::{Failure, Finished, REGISTERED_AT, Simulation, shown};
use crate::builders::repository;
use crate::run_at_once;

/// The longest that a function may work, in seconds; then it is killed.
pub(super) const FUNCTION_SECS_MAX: u64 = 60;
/// Faults go on for so long after the last input, in seconds.
const FAULTS_SECS_AFTER_INPUTS: u64 = 600;
/// Steps for each application, after the faults stopped, within which everything has to rest; a step is a message, a move
/// or a poll.
const REST_STEPS_MAX: u64 = 8_000;
/// Steps within which a small organisation has to rest.
const REST_STEPS_MIN: u64 = 60_000;
/// How long that may take on the virtual clock: the longest waits of the engine one after another, in seconds. Limits of rebuilds
/// a day come twice, and each producer of a chain may wait for a window.
const REST_SECS_MAX: u64 = 96 * 3600;
const REST_SECS_PER_PRODUCER: u64 = 4 * 3600;

type Work<'a> = Pin<Box<dyn Future<Output = Result<(), EngineError>> + 'a>>;

/// A copy of a function at work.
struct Running<'a> {
    number: u64,
    work: Work<'a>,
    message: Message,
    began_at: Timestamp,
    /// The message is with another copy, too.
    is_twin: bool,
}

impl<S: Store> Simulation<S> {
    pub(super) fn run(self, inputs: &[(Timestamp, Input)]) -> Result<Finished, Failure> {
        let began = Instant::now();
        self.begin(inputs);
        let worked_from = Instant::now();
        let steps = self.work_to_rest();
        let working = worked_from.elapsed();
        self.check_at_rest();
        let mut world = self.world.into_inner();
        if let Some(violation) = world.violation.take() {
            return Err(Failure {
                violation,
                steps,
                digest: world.trace.digest(),
                trace_hash: world.trace.hash(),
                trace: world.trace.into_lines(),
            });
        }
        Ok(Finished {
            steps,
            calls: world.calls,
            commits: world.mirror.commits,
            starts: world.starts,
            crashes: world.crashes,
            crash_points: world.faults.crash_points(),
            digest: world.trace.digest(),
            trace_hash: world.trace.hash(),
            built_roots: world.built_roots(),
            trace: world.trace.into_lines(),
            working,
            total: began.elapsed(),
        })
    }

    /// Registers the organisation and puts the day's inputs on the agenda.
    fn begin(&self, inputs: &[(Timestamp, Input)]) {
        let catalog = self.world.borrow().organisation.catalog();
        let none = Faults::none();
        let faults = std::mem::replace(&mut self.world.borrow_mut().faults, none);
        let worker = self.worker(0);
        run_at_once(register::apply(&worker, &catalog, REGISTERED_AT))
            .expect("a catalog is applied to an empty store");
        let mut world = self.world.borrow_mut();
        world.faults = faults;
        let packages: Vec<_> = world.organisation.packages().cloned().collect();
        for package in packages {
            let origin = world.organisation.origin(&package);
            let is_internal = world.organisation.topology.is_internal(&package);
            let name = if is_internal { "shared" } else { "public" };
            let first = first_version(&package);
            let first = PackageVersionId::new(package, first).expect("the first version is valid");
            world
                .registry
                .publish(&first, &repository(name), origin, REGISTERED_AT);
        }
        for (at, input) in inputs {
            world.put(*at, Item::Input(input.clone()));
        }
        let last_at = inputs.last().map_or(REGISTERED_AT, |(at, _)| *at);
        world.put(
            last_at.plus_secs(FAULTS_SECS_AFTER_INPUTS),
            Item::FaultsStop,
        );
        world.put_in(sweep::SWEEP_INTERVAL_SECS, Item::Message(Message::Sweep));
    }

    /// A new copy of a function.
    fn worker(&self, number: u64) -> Worker<'_, S> {
        let mut world = self.world.borrow_mut();
        Worker {
            simulation: self,
            number,
            began_at: world.now,
            skew_millis: world.faults.skew_millis(),
            markers_read: RefCell::new(None),
        }
    }

    /// Lets one thing happen after another until nothing is left to happen, or an invariant does not hold.
    fn work_to_rest(&self) -> u64 {
        let mut running: Vec<Running<'_>> = Vec::new();
        let mut steps = 0;
        let mut faults_stopped: Option<(u64, Timestamp)> = None;
        let (size, producers) = {
            let members = &self.world.borrow().organisation.members;
            let producers = members
                .values()
                .filter(|member| member.application.is_producer());
            (members.len(), producers.count() as u64)
        };
        let steps_max = (REST_STEPS_MAX * size as u64).max(REST_STEPS_MIN);
        let secs_max = REST_SECS_MAX + REST_SECS_PER_PRODUCER * producers;
        loop {
            steps += 1;
            self.step(&mut running, steps);
            let world = &mut *self.world.borrow_mut();
            if world.violation.is_some() {
                return steps;
            }
            if !world.faults.are_over() {
                continue;
            }
            let (since, at) = *faults_stopped.get_or_insert((steps, world.now));
            if running.is_empty() && world.is_over() && world.mirror.is_at_rest() {
                return steps;
            }
            if steps - since > steps_max || world.now > at.plus_secs(secs_max) {
                world.violate_rest();
            }
        }
    }

    fn step<'a>(&'a self, running: &mut Vec<Running<'a>>, number: u64) {
        let (may_begin, prefers_poll, lets_time_pass) = {
            let mut world = self.world.borrow_mut();
            let max = world.faults.odds().functions_max;
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
                tell!(world, "people: {input:?}");
                world.act(input);
            }
            Item::Move(make) => world.make(&make),
            Item::FaultsStop => {
                tell!(world, "faults stop");
                world.faults.stop();
                world.release_pauses();
            }
            // People take turns.
            Item::Message(Message::Apply) if world.is_applying => {
                world.put_in(10, Item::Message(Message::Apply));
            }
            Item::Message(message) => {
                let message = match message {
                    Message::Packages(sightings) => Message::Packages(world.take_batch(sightings)),
                    other => other,
                };
                if matches!(message, Message::Sweep) {
                    world.put_in(sweep::SWEEP_INTERVAL_SECS, Item::Message(Message::Sweep));
                }
                world.is_applying |= matches!(message, Message::Apply);
                let is_by_people = matches!(message, Message::Apply | Message::Command(_));
                let has_twin = !is_by_people && world.faults.has_twin();
                tell!(
                    world,
                    "function {number}: takes {}{}",
                    shown::message(&message),
                    if has_twin { ", twice at once" } else { "" }
                );
                drop(world);
                if has_twin {
                    running.push(self.take(message.clone(), number, true));
                }
                running.push(self.take(message, number, false));
            }
        }
    }

    fn take(&self, message: Message, number: u64, is_twin: bool) -> Running<'_> {
        let worker = self.worker(number);
        Running {
            number,
            began_at: worker.began_at,
            work: work(worker, message.clone()),
            message,
            is_twin,
        }
    }

    fn poll(&self, running: &mut Vec<Running<'_>>, at: usize) {
        let work = &mut running[at].work;
        let mut ctx = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut ctx)));
        let mut world = self.world.borrow_mut();
        if std::mem::take(&mut world.is_crashing) {
            let killed = running.swap_remove(at);
            world.crashes += 1;
            world.put_again(killed, 90);
            return;
        }
        let result = match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(result)) => result,
            Err(payload) => {
                let of = shown::message(&running[at].message);
                let text = format!("{of} panicked: {}", panic_text(payload.as_ref()));
                world.violate("I10", text);
                return;
            }
        };
        let done = running.swap_remove(at);
        match result {
            Ok(()) => {
                tell!(world, "function {} is done", done.number);
                if matches!(done.message, Message::Apply) {
                    world.is_applying = false;
                    world.applies_to_come -= 1;
                }
            }
            Err(error) => world.fail(done, &error),
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
        world.trace.mix(now.unix_millis().unsigned_abs());
        let mut at = 0;
        while at < running.len() {
            if running[at].began_at.plus_secs(FUNCTION_SECS_MAX) > now {
                at += 1;
                continue;
            }
            let killed = running.swap_remove(at);
            world.crashes += 1;
            tell!(world, "function {} runs out of time", killed.number);
            world.put_again(killed, 30);
        }
    }
}

impl World {
    /// A message whose function did not finish comes again.
    fn put_again(&mut self, unfinished: Running<'_>, secs: u64) {
        if matches!(unfinished.message, Message::Apply) {
            self.is_applying = false;
        }
        if !unfinished.is_twin && !matches!(unfinished.message, Message::Sweep) {
            self.put_in(secs, Item::Message(unfinished.message));
        }
    }

    fn fail(&mut self, failed: Running<'_>, error: &EngineError) {
        let source = std::error::Error::source(error).map(ToString::to_string);
        let is_simulated = source
            .as_deref()
            .is_some_and(|source| source.contains("simulated"));
        let is_expected = matches!(error, EngineError::Contended(..))
            || is_simulated
            || matches!(error, EngineError::Read(_)) && !self.faults.are_over();
        tell!(
            self,
            "function {} failed: {error}: {source:?}",
            failed.number
        );
        if !is_expected {
            let of = shown::message(&failed.message);
            self.violate("I10", format!("{of} failed: {error}: {source:?}"));
        }
        self.put_again(failed, 30);
    }

    /// I6: it takes too long until everything rests.
    fn violate_rest(&mut self) {
        let busy: Vec<_> = self
            .mirror
            .slots
            .values()
            .filter(|slot| !self.is_at_rest(slot))
            .collect();
        let text = format!(
            "no rest: {busy:?}, still to come {:?}",
            self.pending_items()
        );
        self.violate("I6", text);
    }

    /// What operators paused, they mostly resume. What a new command holds back is to be let go here.
    fn release_pauses(&mut self) {
        use downriver_domain::slot::PauseScope;
        if !self.random().chance(70) {
            return;
        }
        let ids: Vec<_> = self.organisation.members.keys().cloned().collect();
        let roots = self.organisation.roots.clone();
        let scopes = [PauseScope::System]
            .into_iter()
            .chain(ids.into_iter().map(PauseScope::Application))
            .chain(roots.into_iter().map(PauseScope::Package));
        for scope in scopes {
            let command = operate::Command::Resume { scope };
            self.put_in(5, Item::Message(Message::Command(command)));
        }
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("without a text")
}

impl<S: Store> Worker<'_, S> {
    /// A pass goes on past what fails; after the faults only other writers may make it fail.
    fn check_failures(&self, report: &sweep::SweepReport) {
        let mut world = self.simulation.world.borrow_mut();
        for failure in &report.failures {
            tell!(world, "sweep: {failure:?}");
            let is_expected = failure.reason.contains("simulated")
                || failure.reason.contains("times in a row")
                || failure.reason.contains("not found") && !world.faults.are_over();
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
            Message::Repositories => repositories::refresh(&worker).await.map(|_| ()),
            Message::Command(command) => operate::operate(&worker, &command).await.map(|_| ()),
            Message::Apply => {
                let catalog = worker.simulation.world.borrow().organisation.catalog();
                let now = worker.now();
                register::apply(&worker, &catalog, now).await.map(|_| ())
            }
            Message::Sweep => {
                let report = sweep::sweep(&worker).await?;
                worker.check_failures(&report);
                Ok(())
            }
        }
    })
}
