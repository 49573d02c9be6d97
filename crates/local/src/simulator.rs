//! The simulated CodePipeline and CodeArtifact, and the agenda that moves them on a virtual clock.
//!
//! Everything here follows from the input alone: no wall clock, no hash maps, identifiers from counters. All state is
//! typed and can be written down row by row after every step ([`Simulator::take_rows`]), so that a killed replay goes on
//! where it stopped. Must not decide anything for the engine.

mod agenda;
mod building;
mod envelopes;
mod facts;
pub(crate) mod ids;
pub(crate) mod instant;
mod moves;
mod pipeline;
mod prepare;
mod registry;
mod rows;
pub(crate) mod state;
mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use agenda::{Item, Progress, ProgressStep};
pub(crate) use facts::{Facts, pipeline_key};
pub(crate) use moves::Refresh;
pub(crate) use pipeline::PipelineState;
pub(crate) use prepare::prepare;
pub(crate) use registry::Registry;
pub(crate) use rows::PageRow;
pub(crate) use text::Text;

/// The simulated world at one instant.
#[derive(Debug, Default)]
pub(crate) struct Simulator {
    pub(crate) facts: Facts,
    pub(crate) agenda: agenda::Agenda,
    pub(crate) pipelines: BTreeMap<String, PipelineState>,
    pub(crate) registry: Registry,
    pub(crate) counters: Counters,
    changed_pipelines: BTreeSet<String>,
}

/// What is counted; also the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counters {
    now: Text<Timestamp>,
    /// Numbers the items of the agenda.
    items: u64,
    /// Numbers the events that the simulated services emit.
    events: u64,
    /// Input events taken so far.
    pub(crate) inputs_taken: usize,
    pub(crate) quarantined: u64,
    pub(crate) steps: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            now: Text(Timestamp::default()),
            items: 0,
            events: 0,
            inputs_taken: 0,
            quarantined: 0,
            steps: 0,
        }
    }
}

impl Simulator {
    /// A world in which nothing is yet.
    pub(crate) fn of(facts: Facts) -> Self {
        Self {
            facts,
            ..Self::default()
        }
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.counters.now.0
    }

    /// Moves the clock on; it never goes back.
    pub(crate) fn advance_to(&mut self, at: Timestamp) {
        self.counters.now = Text(at.max(self.now()));
    }

    /// Puts an item on the agenda; one whose time is past comes at once.
    pub(crate) fn put(&mut self, at: Timestamp, item: Item) {
        self.counters.items += 1;
        let at = at.max(self.now());
        self.agenda.put(at, self.counters.items, item);
    }
}
