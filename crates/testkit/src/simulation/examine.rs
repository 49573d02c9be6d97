//! What is asked of a day: that every invariant holds, that it is the same when it is repeated, and that the order of
//! things does not matter.

use super::{Day, Failure, Finished, Plan, Profile, Tracing, Violation, simulate_in_memory};

/// One of so many seeds is run twice more, with its trace.
const TWICE_EVERY: u64 = 10;
/// One of so many seeds is run in two orders.
const ORDERS_EVERY: u64 = 4;
/// The other order's seed is so much later.
const OTHER_ORDER: u64 = 1_000_003;

/// What is done with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Examination {
    Once,
    /// I7: the same trace, byte for byte.
    Twice,
    /// I8: whatever the order and the faults, the same root versions end up built.
    Orders,
}

/// A plan that does not pass.
#[derive(Debug, Clone)]
pub struct Found {
    pub plan: Plan,
    pub examination: Examination,
    pub failure: Failure,
}

/// What was run of one seed.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    pub runs: Vec<Finished>,
    /// Runs with a trace are slower, and count for no rate.
    pub traced_runs: u64,
}

impl Examination {
    /// Runs the plan; with the first run, if it passes.
    pub fn of(self, plan: &Plan, tracing: Tracing) -> Result<Finished, Failure> {
        match self {
            Self::Once => simulate_in_memory(plan, tracing),
            Self::Twice => twice(plan, tracing),
            Self::Orders => {
                let one = simulate_in_memory(plan, tracing)?;
                let other = simulate_in_memory(&other_order(plan), tracing)?;
                if one.built_roots == other.built_roots {
                    return Ok(one);
                }
                let text = differing(&one, &other);
                Err(failure("I8", text, &other))
            }
        }
    }
}

/// Everything that is asked of one seed; `is_thorough`: also what else only some of the seeds are asked.
pub fn examine(day: Day, is_thorough: bool) -> Result<Examined, Box<Found>> {
    let mut examined = Examined::default();
    let plan = day.plan();
    let first = check(&plan, Examination::Once)?;
    examined.runs.push(first);
    if is_thorough || day.seed.is_multiple_of(TWICE_EVERY) {
        check(&plan, Examination::Twice)?;
        examined.traced_runs += 2;
    }
    if is_thorough || day.seed.is_multiple_of(ORDERS_EVERY) {
        let day = Day {
            profile: Profile::SameEnd,
            ..day
        };
        let run = check(&day.plan(), Examination::Orders)?;
        examined.runs.push(run);
    }
    Ok(examined)
}

/// A plan that fails is run again, with its trace: it has to fail in the same way.
fn check(plan: &Plan, examination: Examination) -> Result<Finished, Box<Found>> {
    let failure = match examination.of(plan, Tracing::Off) {
        Ok(finished) => return Ok(finished),
        Err(failure) => failure,
    };
    let again = examination.of(plan, Tracing::Tail);
    let (examination, failure) = match again {
        Err(again) if again.violation == failure.violation && again.digest == failure.digest => {
            (examination, again)
        }
        Err(other) => {
            let text = format!(
                "once {}: {}; then {}: {}",
                failure.violation.invariant,
                failure.violation.text,
                other.violation.invariant,
                other.violation.text
            );
            (Examination::Twice, renamed("I7", text, other))
        }
        Ok(_) => {
            let text = format!("it fails only once: {}", failure.violation.text);
            (Examination::Twice, renamed("I7", text, failure))
        }
    };
    Err(Box::new(Found {
        plan: plan.clone(),
        examination,
        failure,
    }))
}

fn twice(plan: &Plan, tracing: Tracing) -> Result<Finished, Failure> {
    let untraced = simulate_in_memory(plan, Tracing::Off)?;
    let tracing = match tracing {
        Tracing::Off => Tracing::Tail,
        other => other,
    };
    let one = simulate_in_memory(plan, tracing)?;
    let other = simulate_in_memory(plan, tracing)?;
    let is_same = |a: &Finished, b: &Finished| a.digest == b.digest && a.steps == b.steps;
    if is_same(&untraced, &one) && is_same(&one, &other) && one.trace_hash == other.trace_hash {
        return Ok(one);
    }
    let text = format!(
        "the same day ends differently: {} steps and digest {:016x}, then {} and {:016x}",
        one.steps, one.trace_hash, other.steps, other.trace_hash
    );
    Err(failure("I7", text, &other))
}

fn other_order(plan: &Plan) -> Plan {
    let day = Day {
        fault_seed: plan.day.fault_seed + OTHER_ORDER,
        ..plan.day
    };
    Plan {
        odds: day.plan().odds,
        day,
        ..plan.clone()
    }
}

fn differing(one: &Finished, other: &Finished) -> String {
    let differs = one
        .built_roots
        .iter()
        .find(|(application, built)| other.built_roots.get(application) != Some(built));
    let Some((application, built)) = differs else {
        return "other applications were built".to_owned();
    };
    format!(
        "{application} ends up built with {built:?}, in another order with {:?}",
        other.built_roots.get(application)
    )
}

fn failure(invariant: &'static str, text: String, run: &Finished) -> Failure {
    Failure {
        violation: Violation { invariant, text },
        steps: run.steps,
        digest: run.digest,
        trace_hash: run.trace_hash,
        trace: Vec::new(),
    }
}

fn renamed(invariant: &'static str, text: String, failure: Failure) -> Failure {
    Failure {
        violation: Violation { invariant, text },
        ..failure
    }
}
