//! One simulated pipeline: its executions and how they move through its stages.
//!
//! The rules are those of CodePipeline's "How pipeline executions work", "Execution modes" and "Stop a pipeline execution".
//! Knows no other pipeline and no clock: what has to happen elsewhere or later is returned as [`Effect`]s. The embedded
//! simulation of `downriver-local` follows the same pages, but over a catalog's story, in whole seconds of a virtual clock and
//! with packages; this one serves the whole API in milliseconds. What both say is tested in each.

mod ends;
mod moves;
mod people;
mod reports;
mod starts;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::declaration::Declaration;
use super::events::Event;
use super::ids::Ids;
use super::instant::Millis;
use super::script::Script;

pub(crate) use people::execution_not_found;
pub(crate) use starts::Start;

/// Most concurrent executions of a QUEUED or PARALLEL pipeline (CodePipeline's quota).
pub(crate) const EXECUTIONS_CONCURRENT_MAX: usize = 50;

/// Executions that a pipeline remembers; ended ones are forgotten first. CodePipeline forgets after 12 months.
const EXECUTIONS_KEPT_MAX: usize = 1000;

/// Names a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PipelineKey {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) key: PipelineKey,
    pub(crate) declaration: Arc<Declaration>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) script: Script,
    /// For the next executions, in their order; then `script` again.
    pub(crate) next_scripts: VecDeque<Script>,
    /// In order of their start.
    pub(crate) executions: Vec<Execution>,
    started: u64,
    tokens: Vec<Token>,
    /// The way into each stage.
    transitions: Vec<Transition>,
    /// The execution that entered each stage last.
    entered: Vec<Option<u64>>,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    at: Millis,
    execution: u64,
}

#[derive(Debug, Clone, Default)]
struct Transition {
    disabled: Option<String>,
    changed: Option<(String, Millis)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Execution {
    /// Counted from 1 within the pipeline.
    pub(crate) number: u64,
    pub(crate) id: String,
    /// What the pipeline was when it started.
    declaration: Arc<Declaration>,
    pub(crate) status: Status,
    pub(crate) started_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) trigger: Trigger,
    pub(crate) variables: Vec<(String, String)>,
    /// The execution that a ROLLBACK returns to.
    rolls_back_to: Option<String>,
    overrides: Vec<(String, String)>,
    /// What the source actions found.
    sources: Vec<(String, String)>,
    script: Script,
    place: Place,
    /// Counts its entries into stages.
    stay: u32,
    /// Counts retries of stages too, from 1.
    attempt: u32,
    passes: Vec<StagePass>,
    actions: Vec<ActionPass>,
    succeeded_in: BTreeSet<usize>,
    stop_reason: Option<String>,
}

/// Who or what started an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trigger {
    /// `TriggerType` of the model.
    pub(crate) kind: String,
    pub(crate) detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Superseded,
    Failed,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before this stage, which is occupied or whose transition is disabled.
    Before(usize),
    In(usize),
    Ended,
}

/// An execution's last visit to a stage.
#[derive(Debug, Clone)]
struct StagePass {
    stage: usize,
    status: StageStatus,
    started_at: Millis,
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StageStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Failed,
    Cancelled,
}

#[derive(Debug, Clone)]
struct ActionPass {
    id: String,
    stage: usize,
    action: usize,
    started_at: Millis,
    updated_at: Millis,
    status: ActionStatus,
    external_id: String,
    /// Why it failed.
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ActionStatus {
    InProgress,
    Abandoned,
    Succeeded,
    Failed,
}

/// What has to happen elsewhere.
#[derive(Debug)]
pub(crate) enum Effect {
    Emit(Event),
    /// The execution's stay in its stage ends.
    StageEnds {
        execution: u64,
        stay: u32,
        after_ms: Millis,
    },
}

/// One pipeline at one instant, with what its moves ask for.
pub(crate) struct Moving<'a> {
    pub(crate) pipeline: &'a mut Pipeline,
    pub(crate) ids: &'a mut Ids,
    pub(crate) now: Millis,
    pub(crate) effects: Vec<Effect>,
}

impl PipelineKey {
    pub(crate) fn arn(&self) -> String {
        let (region, account, name) = (&self.region, &self.account, &self.name);
        format!("arn:aws:codepipeline:{region}:{account}:{name}")
    }
}

impl Pipeline {
    pub(crate) fn new(key: PipelineKey, declaration: Declaration, now: Millis) -> Self {
        let stages = declaration.stages.len();
        Self {
            key,
            declaration: Arc::new(declaration),
            created_at: now,
            updated_at: now,
            tags: BTreeMap::new(),
            script: Script::default(),
            next_scripts: VecDeque::new(),
            executions: Vec::new(),
            started: 0,
            tokens: Vec::new(),
            transitions: vec![Transition::default(); stages],
            entered: vec![None; stages],
        }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Execution> {
        self.executions.iter().rev().find(|known| known.id == id)
    }

    fn by_number(&self, number: u64) -> Option<&Execution> {
        let place = self
            .executions
            .binary_search_by_key(&number, |known| known.number);
        self.executions.get(place.ok()?)
    }

    fn by_number_mut(&mut self, number: u64) -> Option<&mut Execution> {
        let place = self
            .executions
            .binary_search_by_key(&number, |known| known.number);
        self.executions.get_mut(place.ok()?)
    }
}

impl Execution {
    pub(crate) fn is_active(&self) -> bool {
        self.place != Place::Ended
    }

    /// Whether it stays in a stage now.
    pub(crate) fn is_in_a_stage(&self) -> bool {
        matches!(self.place, Place::In(_))
    }

    const fn is_rollback(&self) -> bool {
        self.rolls_back_to.is_some()
    }

    fn pass(&self, stage: usize) -> Option<&StagePass> {
        self.passes.iter().find(|pass| pass.stage == stage)
    }
}

impl Status {
    /// `PipelineExecutionStatus` of the model.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Succeeded => "Succeeded",
            Self::Superseded => "Superseded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

impl StageStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

impl ActionStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Abandoned => "Abandoned",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}
