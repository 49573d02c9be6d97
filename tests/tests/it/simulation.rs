//! Random days in random organisations, many seeds after one another: over the embedded store, and more of them over the
//! store in memory, whose indexes may be behind. `cargo xtask simulate` runs millions.
//!
//! A failure prints its seed, and its day made short.

use downriver_local::sqlite::SqliteStore;
use downriver_testkit::runner::catch;
use downriver_testkit::simulation::{
    Bug, Day, Examination, Failure, Finished, Profile, Tracing, examine, shrink, simulate,
    simulate_in_memory,
};

/// Random days over the embedded store.
const DAYS: u64 = 60;
/// Random days over the store in memory: each with everything in it, some of them twice, some in two orders.
const DAYS_IN_MEMORY: u64 = 250;
/// Days over the embedded store that are run a second time.
const REPEATED_DAYS: u64 = 8;
/// Organisations over the embedded store that are run with two different orders and sets of faults.
const ORDERS: u64 = 12;
/// The seed of the day in which a function is killed at every place in turn.
const CRASHED_DAY: u64 = 7;
/// Places at most, so that the test stays short.
const CRASH_POINTS_MAX: u64 = 250;
/// Days within which each planted bug is found by the invariant that it breaks.
const PLANTED_DAYS_MAX: u64 = 120;

#[test]
fn the_invariants_hold_whatever_goes_wrong() {
    let (mut steps, mut starts, mut crashes) = (0, 0, 0);
    for seed in seeds(DAYS) {
        let finished = run(&Day::of(seed));
        steps += finished.steps;
        starts += finished.starts;
        crashes += finished.crashes;
    }
    println!("{steps} steps, {starts} executions, {crashes} functions killed");
    let is_one_seed = only_seed().is_some();
    assert!(
        is_one_seed || (starts > 0 && crashes > 0),
        "the simulated days are about something"
    );
}

#[test]
fn the_invariants_hold_in_memory_where_indexes_are_behind() {
    for seed in seeds(DAYS_IN_MEMORY) {
        if let Err(found) = examine(Day::of(seed), false) {
            panic!("{}", shrink(*found).story());
        }
    }
}

#[test]
fn both_stores_lead_to_the_same_day() {
    for seed in seeds(REPEATED_DAYS) {
        let plan = Day::of(seed).plan().with_current_indexes();
        let one = simulate_in_memory(&plan, Tracing::Tail).unwrap();
        let store = SqliteStore::in_memory().unwrap();
        let other = simulate(store, &plan, Tracing::Tail).unwrap();
        assert_eq!(
            (one.steps, one.trace_hash),
            (other.steps, other.trace_hash),
            "seed {seed}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in seeds(REPEATED_DAYS) {
        let day = Day::of(seed);
        let (one, other) = (run(&day), run(&day));
        assert_eq!(
            (one.steps, one.digest, one.trace_hash),
            (other.steps, other.digest, other.trace_hash),
            "seed {seed}"
        );
    }
}

#[test]
fn neither_order_nor_faults_decide_which_root_versions_end_up_built() {
    for seed in seeds(ORDERS) {
        let built = |fault_seed| {
            let finished = run(&Day {
                profile: Profile::SameEnd,
                fault_seed,
                ..Day::of(seed)
            });
            finished.built_roots
        };
        assert_eq!(built(seed), built(seed + 1_000_003), "seed {seed}");
    }
}

#[test]
fn a_function_may_be_killed_before_and_after_each_commit_and_effect() {
    let day = |point| Day {
        profile: Profile::SameEnd,
        one_crash_at: Some(point),
        ..Day::of(CRASHED_DAY)
    };
    let run = |point| {
        Examination::Once
            .of(&day(point).plan(), Tracing::Off)
            .unwrap_or_else(|failure| report(&day(point), &failure))
    };
    let undisturbed = run(0);
    assert_eq!(undisturbed.crashes, 0);
    assert!(undisturbed.starts > 0, "there is something to lose");
    for point in 1..=undisturbed.crash_points.min(CRASH_POINTS_MAX) {
        let crashed = run(point);
        assert_eq!(crashed.crashes, 1, "point {point}");
        assert_eq!(
            crashed.built_roots, undisturbed.built_roots,
            "point {point}"
        );
    }
}

#[test]
fn every_planted_bug_is_found_by_the_invariant_that_it_breaks() {
    for bug in Bug::ALL {
        let caught = catch(bug, 0, PLANTED_DAYS_MAX);
        assert!(
            caught.by_its_own.is_some(),
            "{} is not told of by {}, but by {:?}",
            bug.name(),
            bug.breaks(),
            caught.first
        );
    }
}

#[test]
fn a_failing_day_is_made_short_and_fails_for_the_same_reason() {
    let day = Day {
        bug: Some(Bug::BudgetUnwritten),
        ..Day::of(0)
    };
    let found = examine(day, false).unwrap_err();
    let applications = found.plan.applications();
    let short = shrink(*found);
    assert!(short.found.failure.violation.invariant.starts_with("I5"));
    assert!(applications > 1, "there is something to leave out");
    assert_eq!(short.found.plan.applications(), 1);
    let story = short.story();
    assert!(story.contains("What people did (1 of "), "{story}");
    let how = "cargo xtask simulate --seed 0 --plant budget-unwritten";
    assert!(story.contains(how), "{story}");
}

fn run(day: &Day) -> Finished {
    let tracing = if only_seed().is_some() {
        Tracing::Whole
    } else {
        Tracing::Tail
    };
    let store = SqliteStore::in_memory().unwrap();
    simulate(store, &day.plan(), tracing).unwrap_or_else(|failure| report(day, &failure))
}

fn report(day: &Day, failure: &Failure) -> ! {
    let violation = &failure.violation;
    panic!(
        "seed {} ({day:?}): {} does not hold: {}\n{}\nto repeat: DOWNRIVER_SEED={} cargo test -p downriver-tests simulation",
        day.seed,
        violation.invariant,
        violation.text,
        failure.trace.join("\n"),
        day.seed
    );
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    only_seed().map_or(0..count, |seed| seed..seed + 1)
}

/// The one seed to run, if it is given.
fn only_seed() -> Option<u64> {
    let text = std::env::var("DOWNRIVER_SEED").ok()?;
    Some(text.parse().expect("DOWNRIVER_SEED is a number"))
}
