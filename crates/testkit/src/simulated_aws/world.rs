//! Everything that is simulated, at one instant: a call or a due step changes it, and says what has to be sent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Operation;
use super::caller::{Caller, Credential, Keys};
use super::codeartifact::Registry;
use super::error::ApiError;
use super::events::{Event, EventLog, Fate};
use super::faults::{FaultKind, Faults};
use super::ids::Ids;
use super::instant::Millis;
use super::operation::Service;
use super::orders::Settings;
use super::pipeline::{Effect, Moving, Pipeline, PipelineKey};
use super::received::Calls;
use super::sts::Roles;
use super::{codeartifact, codepipeline, eventbridge, sts};

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) pipelines: BTreeMap<PipelineKey, Pipeline>,
    pub(crate) registry: Registry,
    pub(crate) keys: Keys,
    pub(crate) roles: Roles,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    pub(crate) events: EventLog,
    pub(crate) ids: Ids,
    /// By when it is due, then in the order of asking.
    agenda: BTreeMap<(Millis, u64), Due>,
    asked: u64,
    outbox: Vec<Event>,
}

#[derive(Debug)]
enum Due {
    StageEnds {
        pipeline: PipelineKey,
        execution: u64,
        stay: u32,
    },
    Deliver(Event),
}

/// A call that was received and is to be performed.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    /// Of the call, in the list of those received.
    pub(crate) number: u64,
    pub(crate) operation: Operation,
    pub(crate) caller: Caller,
    pub(crate) input: Value,
    pub(crate) fault: Option<FaultKind>,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Forgets everything but the settings, and gives no id out again.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            settings: self.settings.clone(),
            ids: std::mem::take(&mut self.ids),
            asked: self.asked,
            ..Self::default()
        };
    }

    /// Lets everything happen that was due until now, each at its own instant.
    pub(crate) fn advance(&mut self, now: Millis) {
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= now
        {
            let (at, _) = *entry.key();
            match entry.remove() {
                Due::Deliver(event) => self.outbox.push(event),
                Due::StageEnds {
                    pipeline,
                    execution,
                    stay,
                } => {
                    let ends = |moving: &mut Moving<'_>| moving.end_stay(execution, stay);
                    self.change(&pipeline, at, ends);
                }
            }
        }
    }

    /// When something is due next.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.agenda.keys().next().map(|(at, _)| *at)
    }

    /// The events to be sent since it was asked last, in order.
    pub(crate) fn take_outbox(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.outbox)
    }

    /// Notes a call down and looks what is to go wrong with it.
    pub(crate) fn receive(
        &mut self,
        operation: Operation,
        credential: &Credential,
        input: Value,
        now: Millis,
    ) -> Result<Ticket, ApiError> {
        let account = &self.settings.default_account;
        let caller = self.keys.identify(credential, account, now)?;
        let names = [
            "pipelineName",
            "name",
            "package",
            "repository",
            "domain",
            "RoleArn",
            "RoleSessionName",
        ];
        let names: Vec<&str> = names
            .iter()
            .filter_map(|name| input[name].as_str())
            .collect();
        let requested = eventbridge::requested(&input);
        let names = [names, requested.iter().map(String::as_str).collect()].concat();
        let fault = self.faults.take(operation, &names);
        let number = self
            .calls
            .record(operation, &caller, &input, fault.is_some(), now);
        Ok(Ticket {
            number,
            operation,
            caller,
            input,
            fault,
        })
    }

    pub(crate) fn perform(&mut self, ticket: &Ticket, now: Millis) -> Result<Value, ApiError> {
        let answer = match ticket.fault.and_then(|fault| fault.error(ticket.operation)) {
            Some(error) => Err(error),
            None => match ticket.operation.service() {
                Service::CodePipeline => codepipeline::perform(self, ticket, now),
                Service::EventBridge => eventbridge::perform(self, ticket, now),
                Service::Sts => sts::perform(self, ticket, now),
                Service::CodeArtifact => codeartifact::perform(self, ticket, now),
            },
        };
        let (outcome, execution) = match &answer {
            Ok(answer) => ("ok", answer["pipelineExecutionId"].as_str()),
            Err(error) => (error.kind, None),
        };
        self.calls.complete(ticket.number, outcome, execution);
        answer
    }

    /// Moves something in a pipeline; None if there is no such pipeline.
    pub(crate) fn change<T>(
        &mut self,
        key: &PipelineKey,
        now: Millis,
        moves: impl FnOnce(&mut Moving<'_>) -> T,
    ) -> Option<T> {
        let mut moving = Moving {
            pipeline: self.pipelines.get_mut(key)?,
            ids: &mut self.ids,
            now,
            effects: Vec::new(),
        };
        let result = moves(&mut moving);
        let effects = moving.into_effects();
        for effect in effects {
            self.carry_out(key, effect, now);
        }
        Some(result)
    }

    fn carry_out(&mut self, key: &PipelineKey, effect: Effect, now: Millis) {
        match effect {
            Effect::StageEnds {
                execution,
                stay,
                after_ms,
            } => {
                let ends = Due::StageEnds {
                    pipeline: key.clone(),
                    execution,
                    stay,
                };
                self.put(now + after_ms, ends);
            }
            Effect::Emit(event) => self.emit(event, now),
        }
    }

    /// Sends an event, unless something is to go wrong with it.
    pub(crate) fn emit(&mut self, event: Event, now: Millis) {
        if let Fate::Sent { times, after_ms } = self.events.record(&event) {
            for _ in 1..times {
                self.send(event.clone(), now, after_ms);
            }
            self.send(event, now, after_ms);
        }
    }

    fn send(&mut self, event: Event, now: Millis, after_ms: Millis) {
        if after_ms == 0 {
            self.outbox.push(event);
        } else {
            self.put(now + after_ms, Due::Deliver(event));
        }
    }

    fn put(&mut self, at: Millis, due: Due) {
        self.asked += 1;
        self.agenda.insert((at, self.asked), due);
    }
}
