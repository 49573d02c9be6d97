//! Simulates many days after one another, on every core; or one, or those of a planted bug. The command behind
//! `cargo xtask simulate`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this command is for"
)]

mod options;
mod planted;
mod progress;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::simulation::{Day, Examined, Found, Tracing, examine, shrink, simulate_in_memory};

pub use options::{Options, USAGE};
pub use planted::{Caught, catch};
use progress::{grouped, watch};

/// What many days came to.
#[derive(Debug, Default)]
struct Total {
    seeds: u64,
    runs: u64,
    traced_runs: u64,
    steps: u64,
    calls: u64,
    commits: u64,
    starts: u64,
    kills: u64,
    working: Duration,
    whole: Duration,
}

/// What the threads share.
#[derive(Default)]
struct Shared {
    next: AtomicU64,
    done: AtomicU64,
    is_over: AtomicBool,
    total: Mutex<Total>,
    /// The failing day of the lowest seed.
    found: Mutex<Option<Box<Found>>>,
}

/// Runs what the arguments say.
pub fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    // A panic is a violation like others, told in the story.
    std::panic::set_hook(Box::new(|_| {}));
    if options.is_planted {
        return planted::run(&options);
    }
    match options.seed {
        Some(seed) => run_one(seed, &options),
        None => run_many(&options),
    }
}

fn run_one(seed: u64, options: &Options) -> ExitCode {
    let day = Day {
        bug: options.bug,
        ..Day::of(seed)
    };
    if options.is_traced {
        return trace(&day);
    }
    match examine(day, true) {
        Ok(examined) => {
            let mut total = Total::default();
            total.add(&examined);
            print!("{}", total.summary(1, Duration::ZERO));
            ExitCode::SUCCESS
        }
        Err(found) => fail(*found),
    }
}

/// The whole trace of the day as it is, nothing left out: of the run that fails, if one does.
fn trace(day: &Day) -> ExitCode {
    let traced = match examine(*day, true) {
        Ok(_) => simulate_in_memory(&day.plan(), Tracing::Whole),
        Err(found) => found.examination.of(&found.plan, Tracing::Whole),
    };
    match traced {
        Ok(finished) => {
            println!("{}", finished.trace.join("\n"));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{}", failure.trace.join("\n"));
            let violation = &failure.violation;
            println!("{} does not hold: {}", violation.invariant, violation.text);
            ExitCode::FAILURE
        }
    }
}

fn run_many(options: &Options) -> ExitCode {
    let began = Instant::now();
    let shared = Shared::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs)
            .map(|_| scope.spawn(|| work(&shared, options)))
            .collect();
        watch(
            || shared.done.load(Ordering::Relaxed),
            options.seeds,
            || workers.iter().all(thread::ScopedJoinHandle::is_finished),
        );
    });
    let total = shared
        .total
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    print!("{}", total.summary(options.jobs, began.elapsed()));
    match shared
        .found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        Some(found) => fail(*found),
        None => ExitCode::SUCCESS,
    }
}

fn work(shared: &Shared, options: &Options) {
    let mut total = Total::default();
    while !shared.is_over.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= options.seeds {
            break;
        }
        let day = Day {
            bug: options.bug,
            ..Day::of(options.from + number)
        };
        match examine(day, false) {
            Ok(examined) => total.add(&examined),
            Err(found) => shared.note(found),
        }
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    let mut sum = shared.total.lock().unwrap_or_else(PoisonError::into_inner);
    sum.join(&total);
}

/// Makes the day short and tells it.
fn fail(found: Found) -> ExitCode {
    eprintln!("a violation; making its day short takes up to a minute");
    println!("\n{}", shrink(found).story());
    ExitCode::FAILURE
}

impl Shared {
    fn note(&self, found: Box<Found>) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut first = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = first
            .as_ref()
            .is_none_or(|known| found.plan.seed() < known.plan.seed());
        if is_first {
            *first = Some(found);
        }
    }
}

impl Total {
    fn add(&mut self, examined: &Examined) {
        self.seeds += 1;
        self.traced_runs += examined.traced_runs;
        for run in &examined.runs {
            self.runs += 1;
            self.steps += run.steps;
            self.calls += run.calls;
            self.commits += run.commits;
            self.starts += run.starts;
            self.kills += run.crashes;
            self.working += run.working;
            self.whole += run.total;
        }
    }

    fn join(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.runs += other.runs;
        self.traced_runs += other.traced_runs;
        self.steps += other.steps;
        self.calls += other.calls;
        self.commits += other.commits;
        self.starts += other.starts;
        self.kills += other.kills;
        self.working += other.working;
        self.whole += other.whole;
    }

    /// At most 80 columns wide.
    fn summary(&self, jobs: u64, elapsed: Duration) -> String {
        let per_sec = |count: u64, time: Duration| {
            let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
            grouped(count.saturating_mul(1_000) / millis)
        };
        format!(
            "{} seeds, {} days ({} traced again); {} jobs, {} s\n\
             {} steps, {} calls at ports, {} commits\n\
             {} executions started, {} functions killed\n\
             per second and core, checked at each step:  {} steps, {} calls\n\
             with all checks at rest:                    {} steps, {} calls\n",
            grouped(self.seeds),
            grouped(self.runs),
            grouped(self.traced_runs / 2),
            jobs,
            elapsed.as_secs(),
            grouped(self.steps),
            grouped(self.calls),
            grouped(self.commits),
            grouped(self.starts),
            grouped(self.kills),
            per_sec(self.steps, self.working),
            per_sec(self.calls, self.working),
            per_sec(self.steps, self.whole),
            per_sec(self.calls, self.whole),
        )
    }
}
