//! The embedded world of a replay: the store on SQLite, the simulated services, a virtual clock, and the loop that hands
//! one thing after another to the engine.
//!
//! Each step takes the next item of the agenda, moves the clock to it, and calls the use case that the matching function
//! of the real deployment would call. What the step changed, in the store and in the simulated world, becomes durable
//! together: a replay that is killed goes on where its last transaction ended, and comes to the same end.

mod deliver;
mod expect;
mod input;
mod open;
mod ports;
mod rest;
#[cfg(test)]
mod tests;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::EngineError;
use downriver_engine::ports::{Notice, StoreError};
use serde::{Deserialize, Serialize};

use crate::simulator::Simulator;
use crate::sqlite::SqliteStore;
use crate::story::StoryError;

pub use input::{InputEvent, ReplayInput};
pub use open::clock_of;
pub use ports::{Simulation, complete};
pub use rest::Rest;

use input::ArrangedInput;

/// Steps in one transaction of the file: what a killed replay repeats at most.
const STEPS_PER_TRANSACTION: u64 = 64;

/// The replay. Also all ports of the engine: use cases such as `register::apply` can be called on it.
#[derive(Debug)]
pub struct World {
    store: SqliteStore,
    simulation: Simulation,
    input: ArrangedInput,
    quarantined: Vec<Quarantined>,
    is_in_transaction: bool,
    /// Counts the processes that have opened the replay: only the last one goes on with it.
    holder: u64,
}

/// An input that nothing could be done with, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Where it came from, such as `events.jsonl:12`.
    pub position: String,
    pub reason: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Counted from 1 over the whole replay.
    pub number: u64,
    pub at: Timestamp,
    pub kind: StepKind,
    /// What the engine told people in this step.
    pub notices: Vec<Notice>,
    /// What was refused in this step.
    pub quarantined: Vec<Quarantined>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// So many package-version events were handed over as one batch.
    Packages(usize),
    /// A pipeline's state change was handed over.
    Execution,
    /// The next event was refused, or is of a kind that is not followed.
    LeftOut,
    Timer(ApplicationId),
    Page(PackageId),
    IndexResult(ApplicationId),
    Command,
    Sweep,
    /// Something moved in the simulated services alone.
    Simulated,
}

/// Why a replay cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error(transparent)]
    Story(#[from] StoryError),
    #[error("failed to use the store")]
    Store(#[from] StoreError),
    #[error("failed to apply the catalog")]
    Apply(#[source] EngineError),
    /// The store belongs to a replay of other inputs.
    #[error(
        "the store holds a replay of another catalog, story or set of events: name another file with --store, or delete it to begin anew"
    )]
    OtherReplay,
    /// What this process keeps in memory of the simulated services is no longer what the store holds.
    #[error("another process went on with the replay in this store: it comes to its end there")]
    TakenOver,
    #[error("the store holds a replay that this version cannot go on with: row `{key}`: {reason}")]
    BrokenRow { key: String, reason: String },
    /// The bound on steps was reached; a defect.
    #[error(
        "the replay does not come to rest: {steps} steps since the last input, and still there is {moving}"
    )]
    NeverRests { steps: u64, moving: String },
}

impl World {
    /// The virtual clock.
    pub fn now(&self) -> Timestamp {
        self.simulation.with(Simulator::now)
    }

    pub const fn store(&self) -> &SqliteStore {
        &self.store
    }

    /// Everything that was refused so far, in order; what could not be read as events first.
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.quarantined
    }

    /// Steps taken so far, in this process and in those before it.
    pub fn steps(&self) -> u64 {
        self.simulation.with(|simulator| simulator.counters.steps)
    }

    /// Input events taken so far, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let taken = self
            .simulation
            .with(|simulator| simulator.counters.inputs_taken);
        (taken, self.input.events.len())
    }

    /// Makes everything so far durable. Happens by itself every 64 steps and at rest.
    pub fn flush(&mut self) -> Result<(), WorldError> {
        if self.is_in_transaction {
            self.store.end_step()?;
            self.is_in_transaction = false;
        }
        Ok(())
    }

    /// Gives the store back, everything durable.
    pub fn into_store(mut self) -> Result<SqliteStore, WorldError> {
        self.flush()?;
        Ok(self.store)
    }

    fn simulator<T>(&self, act: impl FnOnce(&mut Simulator) -> T) -> T {
        self.simulation.with_mut(act)
    }
}
