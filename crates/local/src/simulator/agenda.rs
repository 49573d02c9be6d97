//! What happens next: items in order of their instant, those of one instant in the order they were put.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::ApplicationId;
use downriver_domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows::{BuiltRow, CommandRow, PageRow};
use super::text::Text;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "item", rename_all = "snake_case")]
pub(crate) enum Item {
    /// An event's envelope, on its way to the engine.
    Event {
        body: String,
        /// Where it came from, for the quarantine: an input's position, or nothing for a simulated one.
        from: Option<String>,
        /// How often it was delivered before.
        receives: u32,
    },
    Timer {
        application: Text<ApplicationId>,
        slot_revision: u64,
        receives: u32,
    },
    Page {
        page: PageRow,
        receives: u32,
    },
    /// An index result.
    Built {
        report: BuiltRow,
        receives: u32,
    },
    Command {
        command: CommandRow,
        receives: u32,
    },
    Progress(Progress),
    Push {
        application: Text<ApplicationId>,
        is_rule: bool,
    },
    /// A public version that a build asked for arrives in the repositories.
    Ingest {
        package: String,
        version: String,
        /// Where it comes in, and where it is retained.
        repositories: Vec<String>,
    },
    Sweep,
}

/// Something that moves one execution of a simulated pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) pipeline: String,
    /// The execution's number within its pipeline.
    pub(crate) execution: u64,
    /// Which stay in a stage this belongs to; of an earlier one it does nothing.
    pub(crate) stay: u32,
    pub(crate) step: ProgressStep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProgressStep {
    /// The build asks for its dependencies.
    Resolve,
    StageEnds,
    StopAsked,
    StopCompletes,
    PipelineEdited,
    StageRetried,
    RolledBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at: Text<Timestamp>,
    pub(crate) item: Item,
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BTreeMap<(Timestamp, u64), Item>,
    changed: BTreeSet<(Timestamp, u64)>,
    /// Entries other than sweeps.
    active: usize,
}

impl Agenda {
    pub(crate) fn put(&mut self, at: Timestamp, sequence: u64, item: Item) {
        self.active += usize::from(item != Item::Sweep);
        self.entries.insert((at, sequence), item);
        self.changed.insert((at, sequence));
    }

    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn peek(&self) -> Option<(Timestamp, &Item)> {
        let ((at, _), item) = self.entries.first_key_value()?;
        Some((*at, item))
    }

    pub(crate) fn take(&mut self) -> Option<(Timestamp, Item)> {
        let (key, item) = self.entries.pop_first()?;
        self.active -= usize::from(item != Item::Sweep);
        self.changed.insert(key);
        Some((key.0, item))
    }

    /// Whether anything but sweeps is on the agenda.
    pub(crate) const fn is_active(&self) -> bool {
        self.active > 0
    }

    pub(crate) fn has_sweep(&self) -> bool {
        self.entries.len() > self.active
    }

    /// The kinds of items on the agenda and how many there are, for a person who asks why it does not end.
    pub(crate) fn census(&self) -> BTreeMap<&'static str, usize> {
        let mut census = BTreeMap::new();
        for item in self.entries.values() {
            *census.entry(item.kind()).or_default() += 1;
        }
        census
    }

    /// Rows to write since the last call: the key's sequence, and the entry, or `None` where it is gone.
    pub(crate) fn take_changed(&mut self) -> Vec<(u64, Option<Entry>)> {
        let changed = std::mem::take(&mut self.changed);
        let entry = |key: (Timestamp, u64)| {
            let item = self.entries.get(&key).cloned();
            item.map(|item| Entry {
                at: Text(key.0),
                item,
            })
        };
        changed.into_iter().map(|key| (key.1, entry(key))).collect()
    }

    /// Puts back what [`Self::take_changed`] once gave.
    pub(crate) fn restore(&mut self, sequence: u64, entry: Entry) {
        self.put(entry.at.0, sequence, entry.item);
        self.changed.remove(&(entry.at.0, sequence));
    }
}

impl Item {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Timer { .. } => "timer",
            Self::Page { .. } => "page of dependents",
            Self::Built { .. } => "index result",
            Self::Command { .. } => "command",
            Self::Progress(_) => "pipeline progress",
            Self::Push { .. } => "push",
            Self::Ingest { .. } => "ingestion",
            Self::Sweep => "sweep",
        }
    }
}
