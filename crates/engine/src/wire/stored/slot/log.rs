//! The stored forms of what a slot remembers: builds, failures, executions, held and joined changes.

use downriver_domain::slot::{
    Build, Delivered, Failure, Held, HeldReason, Joined, SeenExecution, StartedBy, Tail,
};
use downriver_domain::{Cascade, Timestamp};
use serde::{Deserialize, Serialize};

use super::from_millis;
use crate::wire::stored::fields::{
    FieldError, InField, is_default, keys, list, millis, named, parse, parse_optional, read_all,
    stored_names, timestamp, try_list,
};
use crate::wire::stored::inventory::CascadeV1;
use crate::wire::stored::key;
use crate::wire::stored::rebuild::RebuildV1;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct JoinedV1 {
    version: String,
    repository: String,
    seen_at: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_news: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BuildV1 {
    execution: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rebuild: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_proven: bool,
    started_at: i64,
    ended_at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    delivered: Vec<DeliveredV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DeliveredV1 {
    package: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
    #[serde(default, skip_serializing_if = "is_default")]
    is_refreshed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HeldV1 {
    version: String,
    reason: HeldReasonV1,
    since: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FailureV1 {
    rebuild: RebuildV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excuse: Option<String>,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SeenExecutionV1 {
    execution: String,
    started_by: StartedByV1,
    started_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_superseded: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_failed: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_rollback: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    cascade: CascadeV1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StartedByV1 {
    Downriver(String),
    Rule,
    Person,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TailV1 {
    execution: String,
    ended_at: i64,
    until: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    awaited: Vec<String>,
}

stored_names!(HeldReasonV1 = HeldReason {
    Failed = "failed",
    NotPickedUp = "not_picked_up",
    RolledBack = "rolled_back",
    Stopped = "stopped",
    WouldStart = "would_start",
});

impl From<&Joined> for JoinedV1 {
    fn from(joined: &Joined) -> Self {
        Self {
            version: joined.version.clone(),
            repository: key::repository_key(&joined.repository),
            seen_at: joined.seen_at.unix_millis(),
            is_news: joined.is_news,
        }
    }
}

impl TryFrom<JoinedV1> for Joined {
    type Error = FieldError;

    fn try_from(stored: JoinedV1) -> Result<Self, FieldError> {
        Ok(Self {
            version: stored.version,
            repository: named("repository", key::parse_repository_key(&stored.repository))?,
            seen_at: from_millis(stored.seen_at),
            is_news: stored.is_news,
        })
    }
}

impl From<&Build> for BuildV1 {
    fn from(build: &Build) -> Self {
        Self {
            execution: build.execution.to_string(),
            rebuild: build.rebuild.as_ref().map(ToString::to_string),
            is_proven: build.is_proven,
            started_at: build.started_at.unix_millis(),
            ended_at: build.ended_at.unix_millis(),
            delivered: list(&build.delivered),
        }
    }
}

impl TryFrom<BuildV1> for Build {
    type Error = FieldError;

    fn try_from(stored: BuildV1) -> Result<Self, FieldError> {
        Ok(Self {
            execution: parse("execution", &stored.execution)?,
            rebuild: stored
                .rebuild
                .as_deref()
                .map(|id| parse("rebuild", id))
                .transpose()?,
            is_proven: stored.is_proven,
            started_at: from_millis(stored.started_at),
            ended_at: from_millis(stored.ended_at),
            delivered: try_list("delivered", stored.delivered)?,
        })
    }
}

impl From<&Delivered> for DeliveredV1 {
    fn from(delivered: &Delivered) -> Self {
        Self {
            package: key::package_key(&delivered.package),
            from: delivered.from.clone(),
            to: delivered.to.clone(),
            is_refreshed: delivered.is_refreshed,
        }
    }
}

impl TryFrom<DeliveredV1> for Delivered {
    type Error = FieldError;

    fn try_from(stored: DeliveredV1) -> Result<Self, FieldError> {
        Ok(Self {
            package: named("package", key::parse_package_key(&stored.package))?,
            from: stored.from,
            to: stored.to,
            is_refreshed: stored.is_refreshed,
        })
    }
}

impl From<&Held> for HeldV1 {
    fn from(held: &Held) -> Self {
        Self {
            version: held.version.clone(),
            reason: held.reason.into(),
            since: held.since.unix_millis(),
        }
    }
}

impl TryFrom<HeldV1> for Held {
    type Error = FieldError;

    fn try_from(stored: HeldV1) -> Result<Self, FieldError> {
        Ok(Self {
            version: stored.version,
            reason: stored.reason.into(),
            since: from_millis(stored.since),
        })
    }
}

impl From<&Failure> for FailureV1 {
    fn from(failure: &Failure) -> Self {
        Self {
            rebuild: (&failure.rebuild).into(),
            execution: failure.execution.as_ref().map(ToString::to_string),
            reason: failure.reason.clone(),
            url: failure.url.clone(),
            excuse: failure.excuse.clone(),
            at: failure.at.unix_millis(),
        }
    }
}

impl TryFrom<FailureV1> for Failure {
    type Error = FieldError;

    fn try_from(stored: FailureV1) -> Result<Self, FieldError> {
        Ok(Self {
            rebuild: stored.rebuild.try_into().in_field("rebuild")?,
            execution: parse_optional("execution", stored.execution.as_deref())?,
            reason: stored.reason,
            url: stored.url,
            excuse: stored.excuse,
            at: from_millis(stored.at),
        })
    }
}

impl From<&SeenExecution> for SeenExecutionV1 {
    fn from(seen: &SeenExecution) -> Self {
        Self {
            execution: seen.execution.to_string(),
            started_by: match &seen.started_by {
                StartedBy::Downriver(attempt) => StartedByV1::Downriver(attempt.to_string()),
                StartedBy::Rule => StartedByV1::Rule,
                StartedBy::Person => StartedByV1::Person,
            },
            started_at: seen.started_at.unix_millis(),
            ended_at: millis(seen.ended_at),
            is_superseded: seen.is_superseded,
            is_failed: seen.is_failed,
            is_rollback: seen.is_rollback,
            cascade: (&seen.cascade).into(),
        }
    }
}

impl TryFrom<SeenExecutionV1> for SeenExecution {
    type Error = FieldError;

    fn try_from(stored: SeenExecutionV1) -> Result<Self, FieldError> {
        Ok(Self {
            execution: parse("execution", &stored.execution)?,
            started_by: match stored.started_by {
                StartedByV1::Downriver(attempt) => {
                    StartedBy::Downriver(parse("started_by", &attempt)?)
                }
                StartedByV1::Rule => StartedBy::Rule,
                StartedByV1::Person => StartedBy::Person,
            },
            started_at: from_millis(stored.started_at),
            ended_at: timestamp(stored.ended_at),
            is_superseded: stored.is_superseded,
            is_failed: stored.is_failed,
            is_rollback: stored.is_rollback,
            cascade: Cascade::try_from(stored.cascade).in_field("cascade")?,
        })
    }
}

impl From<&Tail> for TailV1 {
    fn from(tail: &Tail) -> Self {
        Self {
            execution: tail.execution.to_string(),
            ended_at: tail.ended_at.unix_millis(),
            until: tail.until.unix_millis(),
            awaited: keys(&tail.awaited, key::package_key),
        }
    }
}

impl TryFrom<TailV1> for Tail {
    type Error = FieldError;

    fn try_from(stored: TailV1) -> Result<Self, FieldError> {
        Ok(Self {
            execution: parse("execution", &stored.execution)?,
            ended_at: Timestamp::from_unix_millis(stored.ended_at),
            until: Timestamp::from_unix_millis(stored.until),
            awaited: read_all("awaited", &stored.awaited, key::parse_package_key)?,
        })
    }
}
