//! Makes a failing day short: drops what people did, applications, dependencies, policies and faults, as long as the same
//! invariant still does not hold. Ends after a bounded number of steps, which takes a minute at most.

use std::collections::BTreeSet;

use downriver_domain::{ApplicationId, Policy};

use super::examine::{Examination, Found};
use super::faults::Odds;
use super::inputs::Input;
use super::organisation::{Access, Mode, Organisation};
use super::{Day, Failure, Plan, Tracing};

/// Steps of all tries together.
const STEPS_MAX: u64 = 3_000_000;
/// A try counts for so many steps at least.
const STEPS_OF_TRY: u64 = 2_000;
/// Orders of things in which a shorter day is tried.
const ORDERS: u64 = 3;

/// A failing day, as short as was found.
#[derive(Debug, Clone)]
pub struct Shrunk {
    pub found: Found,
    /// What was there before: applications and inputs.
    pub before: (usize, usize),
    pub tries: u64,
}

struct Shrinking {
    plan: Plan,
    examination: Examination,
    invariant: &'static str,
    tries: u64,
    steps: u64,
}

/// Shrinks what fails; the trace is that of the short day.
pub fn shrink(found: Found) -> Shrunk {
    let before = (found.plan.applications(), found.plan.inputs.len());
    let mut shrinking = Shrinking {
        invariant: found.failure.violation.invariant,
        examination: found.examination,
        plan: found.plan.clone(),
        tries: 0,
        steps: 0,
    };
    let mut size = usize::MAX;
    while shrinking.size() < size && !shrinking.is_spent() {
        size = shrinking.size();
        shrinking.drop_faults();
        shrinking.drop_inputs();
        shrinking.drop_members();
        shrinking.drop_dependencies();
        shrinking.make_plain();
    }
    let tries = shrinking.tries;
    let failure = shrinking.examination.of(&shrinking.plan, Tracing::Tail);
    let found = match failure {
        Err(failure) if failure.violation.invariant == shrinking.invariant => Found {
            plan: shrinking.plan,
            failure,
            ..found
        },
        // It does not fail twice in the same way; then the day stays as it was found.
        Ok(_) | Err(_) => found,
    };
    Shrunk {
        found,
        before,
        tries,
    }
}

impl Shrinking {
    /// What is left to drop.
    fn size(&self) -> usize {
        let members = self.plan.organisation.members.values();
        let dependencies: usize = members.map(|member| 1 + member.dependencies.len()).sum();
        let odds = &self.plan.odds;
        let faults = Odds::SWITCHES.iter().filter(|off| {
            let mut without = odds.clone();
            off(&mut without);
            without != *odds
        });
        dependencies + self.plan.inputs.len() + faults.count()
    }

    const fn is_spent(&self) -> bool {
        self.steps >= STEPS_MAX
    }

    /// Takes the plan if it still fails, in one order or another.
    fn accepts(&mut self, plan: &Plan) -> bool {
        for order in 0..ORDERS {
            if self.is_spent() {
                return false;
            }
            let plan = Plan {
                day: Day {
                    fault_seed: plan.day.fault_seed.wrapping_add(order),
                    ..plan.day
                },
                ..plan.clone()
            };
            self.tries += 1;
            let (steps, failure) = match self.examination.of(&plan, Tracing::Off) {
                Ok(finished) => (finished.steps, None),
                Err(failure) => (failure.steps, Some(failure)),
            };
            self.steps += steps.max(STEPS_OF_TRY);
            if failure.is_some_and(|failure: Failure| failure.violation.invariant == self.invariant)
            {
                self.plan = plan;
                return true;
            }
        }
        false
    }

    fn drop_faults(&mut self) {
        for off in Odds::SWITCHES {
            let mut plan = self.plan.clone();
            off(&mut plan.odds);
            if plan.odds != self.plan.odds {
                self.accepts(&plan);
            }
        }
    }

    fn drop_inputs(&mut self) {
        let count = |plan: &Plan| plan.inputs.len();
        self.drop_chunks(count, |plan, from, to| {
            plan.inputs.drain(from..to);
        });
    }

    fn drop_members(&mut self) {
        let count = |plan: &Plan| plan.organisation.members.len();
        self.drop_chunks(count, |plan, from, to| {
            let members = &plan.organisation.members;
            let ids = members.keys().skip(from).take(to - from);
            let gone: BTreeSet<ApplicationId> = ids.cloned().collect();
            plan.organisation.without(&gone);
            plan.inputs.retain(|(_, input)| !input.names_any_of(&gone));
        });
    }

    /// Halves first, then smaller and smaller parts.
    fn drop_chunks(
        &mut self,
        count: impl Fn(&Plan) -> usize,
        drop: impl Fn(&mut Plan, usize, usize),
    ) {
        let mut size = count(&self.plan).div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < count(&self.plan) {
                let mut plan = self.plan.clone();
                let to = (from + size).min(count(&plan));
                drop(&mut plan, from, to);
                if !self.accepts(&plan) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    fn drop_dependencies(&mut self) {
        let ids: Vec<ApplicationId> = self.plan.organisation.members.keys().cloned().collect();
        for id in ids {
            let mut at = 0;
            loop {
                let mut plan = self.plan.clone();
                let Some(member) = plan.organisation.members.get_mut(&id) else {
                    break;
                };
                if at >= member.dependencies.len() {
                    break;
                }
                member.dependencies.remove(at);
                if !self.accepts(&plan) {
                    at += 1;
                }
            }
        }
    }

    /// Nothing special about an application that need not be special.
    fn make_plain(&mut self) {
        let ids: Vec<ApplicationId> = self.plan.organisation.members.keys().cloned().collect();
        for id in ids {
            let mut plan = self.plan.clone();
            let Some(member) = plan.organisation.members.get_mut(&id) else {
                continue;
            };
            member.access = Access::Granted;
            member.mode = Mode::Parallel;
            member.is_registered = true;
            let policy = &mut member.application.policy;
            *policy = Policy {
                on_locked: policy.on_locked,
                ..Policy::default()
            };
            if plan.organisation != self.plan.organisation {
                self.accepts(&plan);
            }
        }
    }
}

impl Organisation {
    /// Without some of its applications; what they publish is published by nobody any more.
    fn without(&mut self, gone: &BTreeSet<ApplicationId>) {
        self.members.retain(|id, _| !gone.contains(id));
    }
}

impl Input {
    fn names_any_of(&self, gone: &BTreeSet<ApplicationId>) -> bool {
        self.application()
            .is_some_and(|application| gone.contains(application))
    }
}
