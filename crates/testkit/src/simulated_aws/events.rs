//! State-change events as CodePipeline and CodeArtifact send them, and what is to go wrong with them on script.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::instant::Millis;
use super::pipeline::PipelineKey;

/// Events that are kept for whoever asks, oldest forgotten first.
const EMITTED_KEPT_MAX: usize = 20_000;

/// What a state change is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Pipeline,
    /// By its place in the declaration.
    Stage(usize),
    /// By its place among the execution's actions.
    Action(usize),
}

/// A state change as the execution tells it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(super) level: Level,
    pub(super) state: &'static str,
    pub(super) detail: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventLevel {
    Pipeline,
    Stage,
    Action,
    PackageVersion,
}

/// One event, before the bus puts its envelope around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub account: String,
    pub region: String,
    /// Empty where it is of a package version.
    pub pipeline: String,
    pub level: EventLevel,
    /// As events spell it: `STARTED`, `Unlisted`.
    pub state: String,
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    pub detail: Value,
}

/// What is to happen to the next events that fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFault {
    /// Every level if there is none.
    #[serde(default)]
    pub level: Option<EventLevel>,
    /// Every state if there is none.
    #[serde(default)]
    pub state: Option<String>,
    /// Every pipeline if there is none.
    #[serde(default)]
    pub pipeline: Option<String>,
    pub fault: EventFaultKind,
    /// To how many events.
    #[serde(default = "once")]
    pub times: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFaultKind {
    Drop,
    Duplicate,
    /// Milliseconds.
    Delay(u64),
}

/// The events that executions emitted, and the faults that wait for the next ones.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    emitted: VecDeque<Event>,
    faults: Vec<EventFault>,
}

/// What becomes of an event.
#[derive(Debug, PartialEq)]
pub(crate) enum Fate {
    Dropped,
    Sent { times: u32, after_ms: Millis },
}

const fn once() -> u32 {
    1
}

impl EventLevel {
    pub(crate) const fn detail_type(self) -> &'static str {
        match self {
            Self::Pipeline => "CodePipeline Pipeline Execution State Change",
            Self::Stage => "CodePipeline Stage Execution State Change",
            Self::Action => "CodePipeline Action Execution State Change",
            Self::PackageVersion => "CodeArtifact Package Version State Change",
        }
    }
}

impl Event {
    /// The ARN of the pipeline or the package, the event's only resource.
    pub(crate) fn arn(&self) -> String {
        if self.level == EventLevel::PackageVersion {
            return self.package_arn();
        }
        let (region, account, name) = (&self.region, &self.account, &self.pipeline);
        format!("arn:aws:codepipeline:{region}:{account}:{name}")
    }

    /// The domain's owner stands in it, whoever receives the event; without a namespace nothing stands between two slashes.
    fn package_arn(&self) -> String {
        let text = |name: &str| self.detail[name].as_str().unwrap_or_default();
        let path = [
            text("domainName"),
            text("repositoryName"),
            text("packageFormat"),
            text("packageNamespace"),
            text("packageName"),
        ];
        let (region, owner) = (&self.region, text("domainOwner"));
        format!(
            "arn:aws:codeartifact:{region}:{owner}:package/{}",
            path.join("/")
        )
    }
}

pub(crate) fn event_of(key: &PipelineKey, told: &Told, now: Millis) -> Event {
    let mut detail = told.detail.clone();
    detail["pipeline"] = json!(key.name);
    let level = match told.level {
        Level::Pipeline => EventLevel::Pipeline,
        Level::Stage(_) => EventLevel::Stage,
        Level::Action(_) => EventLevel::Action,
    };
    if level == EventLevel::Action && detail["region"].is_null() {
        detail["region"] = json!(key.region);
    }
    Event {
        account: key.account.clone(),
        region: key.region.clone(),
        pipeline: key.name.clone(),
        level,
        state: told.state.to_owned(),
        at_ms: now,
        detail,
    }
}

impl EventLog {
    /// Keeps the event and says what becomes of it; the first fault that fits is used up.
    pub(crate) fn record(&mut self, event: &Event) -> Fate {
        if self.emitted.len() >= EMITTED_KEPT_MAX {
            self.emitted.pop_front();
        }
        self.emitted.push_back(event.clone());
        let Some(index) = self.faults.iter().position(|fault| fault.fits(event)) else {
            return Fate::Sent {
                times: 1,
                after_ms: 0,
            };
        };
        let kind = self.faults[index].fault;
        self.faults[index].times -= 1;
        if self.faults[index].times == 0 {
            self.faults.remove(index);
        }
        match kind {
            EventFaultKind::Drop => Fate::Dropped,
            EventFaultKind::Duplicate => Fate::Sent {
                times: 2,
                after_ms: 0,
            },
            EventFaultKind::Delay(after_ms) => Fate::Sent { times: 1, after_ms },
        }
    }

    pub(crate) fn add_fault(&mut self, fault: EventFault) {
        if fault.times > 0 {
            self.faults.push(fault);
        }
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    pub(crate) fn faults(&self) -> &[EventFault] {
        &self.faults
    }

    pub(crate) fn emitted(&self) -> impl Iterator<Item = &Event> {
        self.emitted.iter()
    }
}

impl EventFault {
    fn fits(&self, event: &Event) -> bool {
        self.level.is_none_or(|level| level == event.level)
            && self
                .state
                .as_ref()
                .is_none_or(|state| *state == event.state)
            && self
                .pipeline
                .as_ref()
                .is_none_or(|name| *name == event.pipeline)
    }
}
