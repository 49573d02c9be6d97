//! The stored forms of the states of a slot.

use downriver_domain::slot::{Pending, Rebuild, Running, SlotState, Starting, Stuck};
use serde::{Deserialize, Serialize};

use super::from_millis;
use crate::wire::stored::fields::{
    FieldError, InField, is_default, keys, list, millis, named, parse, parse_optional, read_all,
    timestamp, try_list,
};
use crate::wire::stored::key;
use crate::wire::stored::rebuild::{RebuildV1, WaitV1};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateV1 {
    Idle,
    Pending(PendingV1),
    Starting(StartingV1),
    Running(RunningV1),
    Parked(RunningV1),
    Stuck(StuckV1),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PendingV1 {
    rebuild: RebuildV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    backoffs: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waits: Vec<WaitV1>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StartingV1 {
    rebuild: RebuildV1,
    attempt: String,
    token: String,
    pipeline: String,
    started_at: i64,
    deadline: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    is_block_waived: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_by_event: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunningV1 {
    rebuild: RebuildV1,
    attempt: String,
    pipeline: String,
    execution: String,
    started_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    following: Option<FollowingV1>,
    #[serde(default, skip_serializing_if = "is_default")]
    holds_budget: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    published: Vec<String>,
}

/// The execution that superseded ours.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FollowingV1 {
    Unknown,
    Execution(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StuckV1 {
    rebuild: RebuildV1,
    reason: String,
    since: i64,
}

impl From<&SlotState> for StateV1 {
    fn from(state: &SlotState) -> Self {
        match state {
            SlotState::Idle => Self::Idle,
            SlotState::Pending(pending) => Self::Pending(PendingV1 {
                rebuild: (&pending.rebuild).into(),
                not_before: millis(pending.not_before),
                backoffs: pending.backoffs,
                waits: list(&pending.waits),
            }),
            SlotState::Starting(starting) => Self::Starting(starting.into()),
            SlotState::Running(running) => Self::Running(running.into()),
            SlotState::Parked(running) => Self::Parked(running.into()),
            SlotState::Stuck(stuck) => Self::Stuck(StuckV1 {
                rebuild: (&stuck.rebuild).into(),
                reason: stuck.reason.clone(),
                since: stuck.since.unix_millis(),
            }),
        }
    }
}

impl TryFrom<StateV1> for SlotState {
    type Error = FieldError;

    fn try_from(stored: StateV1) -> Result<Self, FieldError> {
        Ok(match stored {
            StateV1::Idle => Self::Idle,
            StateV1::Pending(stored) => Self::Pending(Pending {
                rebuild: rebuild(stored.rebuild)?,
                not_before: timestamp(stored.not_before),
                backoffs: stored.backoffs,
                waits: try_list("waits", stored.waits)?,
            }),
            StateV1::Starting(stored) => Self::Starting(stored.try_into()?),
            StateV1::Running(stored) => Self::Running(stored.try_into()?),
            StateV1::Parked(stored) => Self::Parked(stored.try_into()?),
            StateV1::Stuck(stored) => Self::Stuck(Stuck {
                rebuild: rebuild(stored.rebuild)?,
                reason: stored.reason,
                since: from_millis(stored.since),
            }),
        })
    }
}

impl From<&Starting> for StartingV1 {
    fn from(starting: &Starting) -> Self {
        Self {
            rebuild: (&starting.rebuild).into(),
            attempt: starting.attempt.to_string(),
            token: starting.token.to_string(),
            pipeline: key::pipeline_key(&starting.pipeline),
            started_at: starting.started_at.unix_millis(),
            deadline: starting.deadline.unix_millis(),
            is_block_waived: starting.is_block_waived,
            is_by_event: starting.is_by_event,
        }
    }
}

impl TryFrom<StartingV1> for Starting {
    type Error = FieldError;

    fn try_from(stored: StartingV1) -> Result<Self, FieldError> {
        Ok(Self {
            rebuild: rebuild(stored.rebuild)?,
            attempt: parse("attempt", &stored.attempt)?,
            token: parse("token", &stored.token)?,
            pipeline: named("pipeline", key::parse_pipeline_key(&stored.pipeline))?,
            started_at: from_millis(stored.started_at),
            deadline: from_millis(stored.deadline),
            is_block_waived: stored.is_block_waived,
            is_by_event: stored.is_by_event,
        })
    }
}

impl From<&Running> for RunningV1 {
    fn from(running: &Running) -> Self {
        Self {
            rebuild: (&running.rebuild).into(),
            attempt: running.attempt.to_string(),
            pipeline: key::pipeline_key(&running.pipeline),
            execution: running.execution.to_string(),
            started_at: running.started_at.unix_millis(),
            following: running.following.as_ref().map(|following| match following {
                None => FollowingV1::Unknown,
                Some(id) => FollowingV1::Execution(id.to_string()),
            }),
            holds_budget: running.holds_budget,
            published: keys(&running.published, key::package_key),
        }
    }
}

impl TryFrom<RunningV1> for Running {
    type Error = FieldError;

    fn try_from(stored: RunningV1) -> Result<Self, FieldError> {
        let following = stored.following.map(|following| {
            let id = match &following {
                FollowingV1::Unknown => None,
                FollowingV1::Execution(id) => Some(id.as_str()),
            };
            parse_optional("following", id)
        });
        Ok(Self {
            rebuild: rebuild(stored.rebuild)?,
            attempt: parse("attempt", &stored.attempt)?,
            pipeline: named("pipeline", key::parse_pipeline_key(&stored.pipeline))?,
            execution: parse("execution", &stored.execution)?,
            started_at: from_millis(stored.started_at),
            following: following.transpose()?,
            holds_budget: stored.holds_budget,
            published: read_all("published", &stored.published, key::parse_package_key)?,
        })
    }
}

fn rebuild(stored: RebuildV1) -> Result<Rebuild, FieldError> {
    Rebuild::try_from(stored).in_field("rebuild")
}
