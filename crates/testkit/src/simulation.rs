//! Seeded random tests of the engine over a real store: a random organisation, a random day in it, and everything that
//! may go wrong on the way.
//!
//! One run takes its choices from two seeds: one for the organisation and what people do in it, one for the order of
//! things and for what goes wrong. Copies of functions are futures that are polled here and nowhere else; at any call
//! they may stop for a moment so that another goes on, or be killed. After the inputs nothing goes wrong any more, and
//! the run goes on until everything rests. The same seeds give the same trace.

mod at_rest;
mod faults;
mod inputs;
mod invariants;
mod organisation;
mod pipelines;
mod ports;
mod random;
mod registry;
mod run;
mod shown;
mod trace;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::ports::Store;

pub use invariants::Violation;
pub use random::Random;

use faults::Faults;
use organisation::Organisation;
use world::World;

/// When the applications are registered: 2026-01-01T00:00:00Z. A day's inputs begin a minute later.
const REGISTERED_AT: Timestamp = Timestamp::from_unix_millis(1_767_225_600_000);

/// What a run may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Everything, also what a person has to mend.
    Everything,
    /// Only what must not change which root versions end up built (I8): no execution fails, nothing is withdrawn,
    /// nobody pauses anything.
    SameEnd,
}

/// What decides a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub profile: Profile,
    /// Of the organisation and its inputs.
    pub seed: u64,
    /// Of the order of things and the faults.
    pub fault_seed: u64,
    /// Nothing goes wrong but one crash, at this point; counted from 1.
    pub one_crash_at: Option<u64>,
    /// A failure shows the whole trace, not only its end.
    pub is_trace_whole: bool,
}

/// A run that came to rest with every invariant intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub steps: u64,
    /// Executions that were started for Downriver.
    pub starts: u64,
    /// Functions that were killed.
    pub crashes: u64,
    /// Places where a function could have been killed.
    pub crash_points: u64,
    pub trace_hash: u64,
    /// The versions of root packages that each application outside any cycle ended up built with.
    pub built_roots: BTreeMap<ApplicationId, BTreeMap<PackageId, Vec<String>>>,
}

/// A run in which an invariant did not hold.
#[derive(Debug)]
pub struct Failure {
    pub violation: Violation,
    /// The last lines of the trace.
    pub trace: Vec<String>,
}

/// The world and the store of one run.
struct Simulation<S> {
    store: S,
    world: RefCell<World>,
}

impl Plan {
    /// Everything from one seed.
    pub const fn of(seed: u64) -> Self {
        Self {
            profile: Profile::Everything,
            seed,
            fault_seed: seed,
            one_crash_at: None,
            is_trace_whole: false,
        }
    }
}

/// Runs a plan over an empty store.
pub fn simulate<S: Store>(store: S, plan: &Plan) -> Result<Finished, Failure> {
    let mut random = Random::new(plan.seed);
    let organisation = Organisation::random(&mut random.fork(1), plan.profile);
    let (inputs, last_at) = inputs::plan(&organisation, &mut random.fork(2), plan.profile);
    let mut fault_random = Random::new(plan.fault_seed ^ 0x5eed);
    let faults = match plan.one_crash_at {
        Some(point) => Faults::one_crash(&mut fault_random, point),
        None => Faults::random(&mut fault_random, plan.profile),
    };
    let world = World::new(organisation, faults, plan.is_trace_whole);
    let simulation = Simulation {
        store,
        world: RefCell::new(world),
    };
    simulation.run(inputs, last_at)
}
