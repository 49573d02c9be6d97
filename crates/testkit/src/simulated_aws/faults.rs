//! Faults on script: what the next call of an operation meets. Each is used up by the calls it meets.

use serde::{Deserialize, Serialize};

use super::Operation;
use super::error::{ApiError, Refusal};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub operation: Operation,
    /// The pipeline's name, also where an event asks for it; for CodeArtifact the package's, the repository's or the domain's, for STS the role's or the session's. Every one if there is none.
    #[serde(default)]
    pub of: Option<String>,
    pub fault: FaultKind,
    /// How many calls meet it.
    #[serde(default = "once")]
    pub times: u32,
    /// How many calls that fit are left alone before.
    #[serde(default)]
    pub after: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing happens; the answer is this error.
    Refuse(Refusal),
    /// It happens, and no answer ever comes; the connection stays open until the caller closes it.
    NoAnswer,
    /// It happens, and the connection is closed without an answer.
    CloseAfter,
    /// Nothing happens, and the connection is closed without an answer.
    CloseBefore,
    /// Nothing happens until the call is released; then it is performed. If the caller goes away first, nothing ever happens.
    Hold,
    /// It happens at once; the answer comes when the call is released.
    HoldAfter,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
}

const fn once() -> u32 {
    1
}

impl Faults {
    /// Refuses an error that the operation's service does not have.
    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), String> {
        if let FaultKind::Refuse(refusal) = fault.fault
            && refusal.to_error(fault.operation).is_none()
        {
            return Err(format!(
                "{:?} has no error like {refusal:?}",
                fault.operation
            ));
        }
        if fault.times > 0 {
            self.waiting.push(fault);
        }
        Ok(())
    }

    /// The first that fits a call; it is used up once more.
    pub(crate) fn take(&mut self, operation: Operation, of: &[&str]) -> Option<FaultKind> {
        let fits = |fault: &Fault| {
            let is_meant = |name: &String| of.contains(&name.as_str());
            fault.operation == operation && fault.of.as_ref().is_none_or(is_meant)
        };
        let index = self.waiting.iter().position(fits)?;
        let fault = &mut self.waiting[index];
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        let kind = fault.fault;
        fault.times -= 1;
        if fault.times == 0 {
            self.waiting.remove(index);
        }
        Some(kind)
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn waiting(&self) -> &[Fault] {
        &self.waiting
    }
}

impl FaultKind {
    /// The error that a call is answered with instead of being performed.
    pub(crate) fn error(self, operation: Operation) -> Option<ApiError> {
        match self {
            Self::Refuse(refusal) => refusal.to_error(operation),
            _ => None,
        }
    }
}
