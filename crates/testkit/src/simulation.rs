//! Seeded random tests of the engine over a real store: a random organisation, a random day in it, and everything that
//! may go wrong on the way.
//!
//! One run takes its choices from two seeds: one for the organisation and what people do in it, one for the order of
//! things and for what goes wrong. Copies of functions are futures that are polled here and nowhere else; at any call
//! they may stop for a moment so that another goes on, or be killed. After the inputs nothing goes wrong any more, and
//! the run goes on until everything rests. The same seeds give the same trace.

mod at_rest;
mod examine;
mod explained;
mod faults;
mod graph;
mod inputs;
mod invariants;
mod organisation;
mod pipelines;
mod planted;
mod ports;
mod random;
mod registry;
mod run;
mod shown;
mod shrink;
mod story;
mod trace;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::ports::Store;

pub use examine::{Examination, Examined, Found, examine};
pub use invariants::Violation;
pub use planted::Bug;
pub use random::Random;
pub use shrink::{Shrunk, shrink};
pub use trace::Tracing;

use crate::memory_store::{IndexLag, MemoryStore};
use faults::Odds;
use inputs::Input;
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
    /// nobody pauses anything, the catalog stays.
    SameEnd,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub profile: Profile,
    /// Of the organisation and its inputs.
    pub seed: u64,
    /// Of the order of things and the faults.
    pub fault_seed: u64,
    /// Nothing goes wrong but one crash, at this point; counted from 1.
    pub one_crash_at: Option<u64>,
    /// Built into the ports on purpose.
    pub bug: Option<Bug>,
}

/// A day as data: an organisation, what people do in it, and how often what goes wrong.
#[derive(Debug, Clone)]
pub struct Plan {
    day: Day,
    organisation: Organisation,
    inputs: Vec<(Timestamp, Input)>,
    odds: Odds,
}

/// A run that came to rest with every invariant intact.
#[derive(Debug, Clone)]
pub struct Finished {
    pub steps: u64,
    /// Calls of the engine at its ports.
    pub calls: u64,
    pub commits: u64,
    /// Executions that were started for Downriver.
    pub starts: u64,
    /// Functions that were killed.
    pub crashes: u64,
    /// Places where a function could have been killed.
    pub crash_points: u64,
    /// Of all that happened.
    pub digest: u64,
    /// Of the text of the trace, if there is one.
    pub trace_hash: u64,
    /// The last lines of the trace, or all of it.
    pub trace: Vec<String>,
    /// The versions of root packages that each application outside any cycle ended up built with.
    pub built_roots: BTreeMap<ApplicationId, BTreeMap<PackageId, Vec<String>>>,
    /// From the first step to the last.
    pub working: Duration,
    /// With making the organisation known, and the checks at rest.
    pub total: Duration,
}

/// A run in which an invariant did not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    pub violation: Violation,
    pub steps: u64,
    pub digest: u64,
    pub trace_hash: u64,
    /// The last lines of the trace, or all of it.
    pub trace: Vec<String>,
}

/// The world and the store of one run.
struct Simulation<S> {
    store: S,
    /// How far the store's indexes are behind, if it lets itself be told.
    lag: Option<IndexLag>,
    world: RefCell<World>,
}

impl Day {
    /// Everything from one seed.
    pub const fn of(seed: u64) -> Self {
        Self {
            profile: Profile::Everything,
            seed,
            fault_seed: seed,
            one_crash_at: None,
            bug: None,
        }
    }

    pub fn plan(&self) -> Plan {
        let mut random = Random::new(self.seed);
        let organisation = Organisation::random(&mut random.fork(1), self.profile);
        let inputs = inputs::plan(&organisation, &mut random.fork(2), self.profile);
        let mut fault_random = Random::new(self.fault_seed ^ 0x5eed);
        let odds = match self.one_crash_at {
            Some(_) => Odds::none(),
            None => Odds::random(&mut fault_random, self.profile),
        };
        Plan {
            day: *self,
            organisation,
            inputs,
            odds,
        }
    }
}

impl Plan {
    pub fn applications(&self) -> usize {
        self.organisation.members.len()
    }

    /// The same, with indexes that are never behind: over every store it is then the same day.
    #[must_use]
    pub fn with_current_indexes(mut self) -> Self {
        self.odds.stale = 0;
        self
    }

    pub const fn seed(&self) -> u64 {
        self.day.seed
    }
}

/// Runs a plan over an empty store that may last.
pub fn simulate<S: Store>(store: S, plan: &Plan, tracing: Tracing) -> Result<Finished, Failure> {
    let simulation = Simulation {
        store,
        lag: None,
        world: RefCell::new(World::new(plan, tracing)),
    };
    simulation.run(&plan.inputs)
}

/// Runs a plan over a store in memory whose indexes may be behind.
pub fn simulate_in_memory(plan: &Plan, tracing: Tracing) -> Result<Finished, Failure> {
    let store = MemoryStore::default();
    let simulation = Simulation {
        lag: Some(store.index_lag()),
        store,
        world: RefCell::new(World::new(plan, tracing)),
    };
    simulation.run(&plan.inputs)
}
