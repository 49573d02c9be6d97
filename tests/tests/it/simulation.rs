//! Runs of the simulation over the embedded store, many seeds after one another.
//!
//! A failure prints its seed and how to repeat it alone; then the whole trace is shown.

use downriver_local::sqlite::SqliteStore;
use downriver_testkit::simulation::{Failure, Finished, Plan, Profile, simulate};

/// Runs of a random day with everything in it.
const DAYS: u64 = 150;
/// Runs that are made a second time.
const REPEATED_DAYS: u64 = 15;
/// Organisations that are run with two different orders and sets of faults.
const ORDERS: u64 = 30;
/// The seed of the day in which a function is killed at every place in turn.
const CRASHED_DAY: u64 = 7;
/// Places at most, so that the test stays short.
const CRASH_POINTS_MAX: u64 = 250;

#[test]
fn the_invariants_hold_whatever_goes_wrong() {
    let (mut steps, mut starts, mut crashes) = (0, 0, 0);
    for seed in seeds(DAYS) {
        let finished = run(&Plan::of(seed));
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
fn the_same_seed_gives_the_same_trace() {
    for seed in seeds(REPEATED_DAYS) {
        let plan = Plan::of(seed);
        let (one, other) = (run(&plan), run(&plan));
        assert_eq!(one, other, "seed {seed}: {}", how_to_repeat(seed));
    }
}

#[test]
fn neither_order_nor_faults_decide_which_root_versions_end_up_built() {
    for seed in seeds(ORDERS) {
        let built = |fault_seed| {
            let finished = run(&Plan {
                profile: Profile::SameEnd,
                fault_seed,
                ..Plan::of(seed)
            });
            finished.built_roots
        };
        let (one, other) = (built(seed), built(seed + 1_000_003));
        assert_eq!(one, other, "seed {seed}: {}", how_to_repeat(seed));
    }
}

#[test]
fn a_function_may_be_killed_before_and_after_each_commit_and_effect() {
    let day = |point| Plan {
        profile: Profile::SameEnd,
        one_crash_at: Some(point),
        ..Plan::of(CRASHED_DAY)
    };
    let undisturbed = run(&day(0));
    assert_eq!(undisturbed.crashes, 0);
    assert!(undisturbed.starts > 0, "there is something to lose");
    for point in 1..=undisturbed.crash_points.min(CRASH_POINTS_MAX) {
        let crashed = run(&day(point));
        assert_eq!(crashed.crashes, 1, "point {point}");
        assert_eq!(
            crashed.built_roots, undisturbed.built_roots,
            "point {point}"
        );
    }
}

fn run(plan: &Plan) -> Finished {
    let plan = Plan {
        is_trace_whole: only_seed().is_some(),
        ..*plan
    };
    let store = SqliteStore::in_memory().unwrap();
    simulate(store, &plan).unwrap_or_else(|failure| report(&plan, &failure))
}

fn report(plan: &Plan, failure: &Failure) -> ! {
    let violation = &failure.violation;
    panic!(
        "seed {} ({plan:?}): {} does not hold: {}\n{}\n{}",
        plan.seed,
        violation.invariant,
        violation.text,
        failure.trace.join("\n"),
        how_to_repeat(plan.seed)
    );
}

fn how_to_repeat(seed: u64) -> String {
    format!("to repeat: DOWNRIVER_SEED={seed} cargo test -p downriver-tests simulation")
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    only_seed().map_or(0..count, |seed| seed..seed + 1)
}

/// The one seed to run, if it is given.
fn only_seed() -> Option<u64> {
    let text = std::env::var("DOWNRIVER_SEED").ok()?;
    Some(text.parse().expect("DOWNRIVER_SEED is a number"))
}
