//! The calls that were received: for counting them, and for reading under which session and with what they came.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Operation;
use super::caller::Caller;
use super::instant::Millis;

/// Calls that are kept, oldest forgotten first.
const CALLS_KEPT_MAX: usize = 50_000;

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Counted from 1.
    pub number: u64,
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    pub operation: Operation,
    pub account: String,
    pub region: String,
    /// The caller's ARN.
    pub caller: String,
    /// The role session's name.
    pub session: Option<String>,
    /// `name` or `pipelineName` of the input.
    pub pipeline: Option<String>,
    /// `clientRequestToken` of the input.
    pub token: Option<String>,
    pub input: Value,
    /// Whether a fault on script met it.
    pub has_fault: bool,
    /// None as long as it is not performed; then `ok` or the error's name.
    pub outcome: Option<String>,
    /// The execution that the answer names.
    pub execution: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    kept: VecDeque<Call>,
    received: u64,
}

impl Calls {
    /// The call's number.
    pub(crate) fn record(
        &mut self,
        operation: Operation,
        caller: &Caller,
        input: &Value,
        has_fault: bool,
        now: Millis,
    ) -> u64 {
        if self.kept.len() >= CALLS_KEPT_MAX {
            self.kept.pop_front();
        }
        self.received += 1;
        let text = |member: &str| input[member].as_str().map(str::to_owned);
        self.kept.push_back(Call {
            number: self.received,
            at_ms: now,
            operation,
            account: caller.account.clone(),
            region: caller.region.clone(),
            caller: caller.arn.clone(),
            session: caller.session.clone(),
            pipeline: text("pipelineName").or_else(|| text("name")),
            token: text("clientRequestToken"),
            input: input.clone(),
            has_fault,
            outcome: None,
            execution: None,
        });
        self.received
    }

    pub(crate) fn complete(&mut self, number: u64, outcome: &str, execution: Option<&str>) {
        let call = self
            .kept
            .iter_mut()
            .rev()
            .find(|call| call.number == number);
        if let Some(call) = call {
            call.outcome = Some(outcome.to_owned());
            call.execution = execution.map(str::to_owned);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    pub(crate) fn kept(&self) -> impl Iterator<Item = &Call> {
        self.kept.iter()
    }
}
