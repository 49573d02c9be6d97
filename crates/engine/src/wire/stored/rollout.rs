//! The stored form of a rollout.

use downriver_domain::Timestamp;
use downriver_domain::rollout::{Approval, Broken, Hold, Passed, Rollout};
use serde::{Deserialize, Serialize};

use super::fields::{
    FieldError, InField, is_default, list, millis, named, parse, parse_all, parse_optional, texts,
    timestamp, try_list,
};
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RolloutV1 {
    package_version: String,
    revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    package_revision: Option<String>,
    opened_at: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    depth: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    ring: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    released: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_ring_released: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    room: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passed: Vec<PassedV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<HoldV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgiven_until: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_over: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_unlisted: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct PassedV1 {
    ring: u32,
    at: i64,
    reason: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HoldV1 {
    Unapproved {
        since: i64,
        reason: String,
    },
    Halted {
        since: i64,
        ring: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        broken: Vec<BrokenV1>,
        reason: String,
    },
    Abandoned {
        since: i64,
        by: String,
        reason: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct BrokenV1 {
    application: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct ApprovalV1 {
    by: String,
    at: i64,
}

impl From<&Rollout> for RolloutV1 {
    fn from(rollout: &Rollout) -> Self {
        Self {
            package_version: key::package_version_key(&rollout.package_version),
            revision: rollout.revision,
            package_revision: rollout.package_revision.clone(),
            opened_at: rollout.opened_at.unix_millis(),
            depth: rollout.depth,
            ring: rollout.ring,
            released: texts(&rollout.released),
            is_ring_released: rollout.is_ring_released,
            room: rollout.room,
            passed: list(&rollout.passed),
            hold: rollout.hold.as_ref().map(HoldV1::from),
            approval: rollout.approval.as_ref().map(|approval| ApprovalV1 {
                by: approval.by.clone(),
                at: approval.at.unix_millis(),
            }),
            forgiven_until: millis(rollout.forgiven_until),
            is_over: rollout.is_over,
            is_unlisted: rollout.is_unlisted,
        }
    }
}

impl TryFrom<RolloutV1> for Rollout {
    type Error = FieldError;

    fn try_from(stored: RolloutV1) -> Result<Self, FieldError> {
        let package_version = key::parse_package_version_key(&stored.package_version);
        let hold = stored.hold.map(Hold::try_from).transpose();
        Ok(Self {
            package_version: named("package_version", package_version)?,
            revision: stored.revision,
            package_revision: stored.package_revision,
            opened_at: Timestamp::from_unix_millis(stored.opened_at),
            depth: stored.depth,
            ring: stored.ring,
            released: parse_all("released", &stored.released)?,
            is_ring_released: stored.is_ring_released,
            room: stored.room,
            passed: stored.passed.into_iter().map(Passed::from).collect(),
            hold: hold.in_field("hold")?,
            approval: stored.approval.map(|approval| Approval {
                by: approval.by,
                at: Timestamp::from_unix_millis(approval.at),
            }),
            forgiven_until: timestamp(stored.forgiven_until),
            is_over: stored.is_over,
            is_unlisted: stored.is_unlisted,
        })
    }
}

impl From<&Passed> for PassedV1 {
    fn from(passed: &Passed) -> Self {
        Self {
            ring: passed.ring,
            at: passed.at.unix_millis(),
            reason: passed.reason.clone(),
        }
    }
}

impl From<PassedV1> for Passed {
    fn from(stored: PassedV1) -> Self {
        Self {
            ring: stored.ring,
            at: Timestamp::from_unix_millis(stored.at),
            reason: stored.reason,
        }
    }
}

impl From<&Hold> for HoldV1 {
    fn from(hold: &Hold) -> Self {
        match hold {
            Hold::Unapproved { since, reason } => Self::Unapproved {
                since: since.unix_millis(),
                reason: reason.clone(),
            },
            Hold::Halted {
                since,
                ring,
                broken,
                reason,
            } => Self::Halted {
                since: since.unix_millis(),
                ring: *ring,
                broken: list(broken),
                reason: reason.clone(),
            },
            Hold::Abandoned { since, by, reason } => Self::Abandoned {
                since: since.unix_millis(),
                by: by.clone(),
                reason: reason.clone(),
            },
        }
    }
}

impl TryFrom<HoldV1> for Hold {
    type Error = FieldError;

    fn try_from(stored: HoldV1) -> Result<Self, FieldError> {
        let at = Timestamp::from_unix_millis;
        Ok(match stored {
            HoldV1::Unapproved { since, reason } => Self::Unapproved {
                since: at(since),
                reason,
            },
            HoldV1::Halted {
                since,
                ring,
                broken,
                reason,
            } => Self::Halted {
                since: at(since),
                ring,
                broken: try_list("broken", broken)?,
                reason,
            },
            HoldV1::Abandoned { since, by, reason } => Self::Abandoned {
                since: at(since),
                by,
                reason,
            },
        })
    }
}

impl From<&Broken> for BrokenV1 {
    fn from(broken: &Broken) -> Self {
        Self {
            application: broken.application.to_string(),
            execution: broken.execution.as_ref().map(ToString::to_string),
            reason: broken.reason.clone(),
            url: broken.url.clone(),
            at: broken.at.unix_millis(),
        }
    }
}

impl TryFrom<BrokenV1> for Broken {
    type Error = FieldError;

    fn try_from(stored: BrokenV1) -> Result<Self, FieldError> {
        Ok(Self {
            application: parse("application", &stored.application)?,
            execution: parse_optional("execution", stored.execution.as_deref())?,
            reason: stored.reason,
            url: stored.url,
            at: Timestamp::from_unix_millis(stored.at),
        })
    }
}
