//! The stored forms of a rebuild, what it is for and what it waited on.

use std::collections::BTreeMap;

use downriver_domain::slot::{Gate, Rebuild, Wait, WaitOn, Waited, Wanted};
use downriver_domain::{Cascade, Timestamp};
use serde::{Deserialize, Serialize};

use super::controls::{ControlScopeV1, PauseScopeV1};
use super::fields::{
    FieldError, InField, is_default, list, millis, named, parse, parse_all, stored_names, texts,
    timestamp, try_list,
};
use super::inventory::CascadeV1;
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RebuildV1 {
    id: String,
    packages: BTreeMap<String, WantedV1>,
    requested_at: i64,
    last_change_at: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    attempts: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    failures: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    is_canceled_once: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upriver_held_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waited: Vec<WaitedV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_expedited: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct WantedV1 {
    version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    needs_refresh: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_third_party: bool,
    repository: String,
    seen_at: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    cascade: CascadeV1,
    reason: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WaitV1 {
    gate: GateV1,
    since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    on: WaitOnV1,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WaitedV1 {
    gate: GateV1,
    on: WaitOnV1,
    since: i64,
    until: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WaitOnV1 {
    Time,
    Execution(String),
    Producers(Vec<String>),
    Target(String),
    Pause(PauseScopeV1),
    /// A freeze of the catalog.
    Freeze(String),
    FreezeOf {
        scope: ControlScopeV1,
        reason: String,
    },
    Ring {
        change: String,
        open: u32,
        own: u32,
    },
    Halt(String),
    Approval(String),
}

stored_names!(GateV1 = Gate {
    Compared = "compared",
    BackOff = "back_off",
    Indexed = "indexed",
    Settled = "settled",
    Free = "free",
    UpriverQuiet = "upriver_quiet",
    Ring = "ring",
    Age = "age",
    Window = "window",
    DailyLimit = "daily_limit",
    Budget = "budget",
    NotPaused = "not_paused",
    Approved = "approved",
});

impl From<&Rebuild> for RebuildV1 {
    fn from(rebuild: &Rebuild) -> Self {
        Self {
            id: rebuild.id.to_string(),
            packages: rebuild
                .packages
                .iter()
                .map(|(package, wanted)| (key::package_key(package), wanted.into()))
                .collect(),
            requested_at: rebuild.requested_at.unix_millis(),
            last_change_at: rebuild.last_change_at.unix_millis(),
            attempts: rebuild.attempts,
            failures: rebuild.failures,
            is_canceled_once: rebuild.is_canceled_once,
            upriver_held_since: millis(rebuild.upriver_held_since),
            waited: list(&rebuild.waited),
            first_started_at: millis(rebuild.first_started_at),
            is_expedited: rebuild.is_expedited,
        }
    }
}

impl TryFrom<RebuildV1> for Rebuild {
    type Error = FieldError;

    fn try_from(stored: RebuildV1) -> Result<Self, FieldError> {
        let wanted = |(package, wanted): (String, WantedV1)| {
            let wanted = Wanted::try_from(wanted)
                .in_field(&package)
                .in_field("packages")?;
            let package = named("packages", key::parse_package_key(&package))?;
            Ok((package, wanted))
        };
        Ok(Self {
            id: parse("id", &stored.id)?,
            packages: stored
                .packages
                .into_iter()
                .map(wanted)
                .collect::<Result<_, FieldError>>()?,
            requested_at: Timestamp::from_unix_millis(stored.requested_at),
            last_change_at: Timestamp::from_unix_millis(stored.last_change_at),
            attempts: stored.attempts,
            failures: stored.failures,
            is_canceled_once: stored.is_canceled_once,
            upriver_held_since: timestamp(stored.upriver_held_since),
            waited: try_list("waited", stored.waited)?,
            first_started_at: timestamp(stored.first_started_at),
            is_expedited: stored.is_expedited,
        })
    }
}

impl From<&Wanted> for WantedV1 {
    fn from(wanted: &Wanted) -> Self {
        Self {
            version: wanted.version.clone(),
            revision: wanted.revision.clone(),
            from: wanted.from.clone(),
            needs_refresh: wanted.needs_refresh,
            is_third_party: wanted.is_third_party,
            repository: key::repository_key(&wanted.repository),
            seen_at: wanted.seen_at.unix_millis(),
            cascade: (&wanted.cascade).into(),
            reason: wanted.reason.clone(),
        }
    }
}

impl TryFrom<WantedV1> for Wanted {
    type Error = FieldError;

    fn try_from(stored: WantedV1) -> Result<Self, FieldError> {
        Ok(Self {
            version: stored.version,
            revision: stored.revision,
            from: stored.from,
            needs_refresh: stored.needs_refresh,
            is_third_party: stored.is_third_party,
            repository: named("repository", key::parse_repository_key(&stored.repository))?,
            seen_at: Timestamp::from_unix_millis(stored.seen_at),
            cascade: Cascade::try_from(stored.cascade).in_field("cascade")?,
            reason: stored.reason,
        })
    }
}

impl From<&Wait> for WaitV1 {
    fn from(wait: &Wait) -> Self {
        Self {
            gate: wait.gate.into(),
            since: wait.since.unix_millis(),
            until: millis(wait.until),
            on: (&wait.on).into(),
        }
    }
}

impl TryFrom<WaitV1> for Wait {
    type Error = FieldError;

    fn try_from(stored: WaitV1) -> Result<Self, FieldError> {
        Ok(Self {
            gate: stored.gate.into(),
            since: Timestamp::from_unix_millis(stored.since),
            until: timestamp(stored.until),
            on: WaitOn::try_from(stored.on).in_field("on")?,
        })
    }
}

impl From<&Waited> for WaitedV1 {
    fn from(waited: &Waited) -> Self {
        Self {
            gate: waited.gate.into(),
            on: (&waited.on).into(),
            since: waited.since.unix_millis(),
            until: waited.until.unix_millis(),
        }
    }
}

impl TryFrom<WaitedV1> for Waited {
    type Error = FieldError;

    fn try_from(stored: WaitedV1) -> Result<Self, FieldError> {
        Ok(Self {
            gate: stored.gate.into(),
            on: WaitOn::try_from(stored.on).in_field("on")?,
            since: Timestamp::from_unix_millis(stored.since),
            until: Timestamp::from_unix_millis(stored.until),
        })
    }
}

impl From<&WaitOn> for WaitOnV1 {
    fn from(on: &WaitOn) -> Self {
        match on {
            WaitOn::Time => Self::Time,
            WaitOn::Execution(id) => Self::Execution(id.to_string()),
            WaitOn::Producers(ids) => Self::Producers(texts(ids)),
            WaitOn::Target(target) => Self::Target(key::target_key(target)),
            WaitOn::Pause(scope) => Self::Pause(scope.into()),
            WaitOn::Freeze {
                scope: None,
                reason,
            } => Self::Freeze(reason.clone()),
            WaitOn::Freeze {
                scope: Some(scope),
                reason,
            } => Self::FreezeOf {
                scope: scope.into(),
                reason: reason.clone(),
            },
            WaitOn::Ring { change, open, own } => Self::Ring {
                change: key::package_version_key(change),
                open: *open,
                own: *own,
            },
            WaitOn::Halt(change) => Self::Halt(key::package_version_key(change)),
            WaitOn::Approval(change) => Self::Approval(key::package_version_key(change)),
        }
    }
}

impl TryFrom<WaitOnV1> for WaitOn {
    type Error = FieldError;

    fn try_from(stored: WaitOnV1) -> Result<Self, FieldError> {
        Ok(match stored {
            WaitOnV1::Time => Self::Time,
            WaitOnV1::Execution(id) => Self::Execution(parse("execution", &id)?),
            WaitOnV1::Producers(ids) => Self::Producers(parse_all("producers", &ids)?),
            WaitOnV1::Target(target) => {
                Self::Target(named("target", key::parse_target_key(&target))?)
            }
            WaitOnV1::Pause(scope) => Self::Pause(scope.try_into().in_field("pause")?),
            WaitOnV1::Freeze(reason) => Self::Freeze {
                scope: None,
                reason,
            },
            WaitOnV1::FreezeOf { scope, reason } => Self::Freeze {
                scope: Some(scope.try_into().in_field("freeze")?),
                reason,
            },
            WaitOnV1::Ring { change, open, own } => Self::Ring {
                change: named("ring", key::parse_package_version_key(&change))?,
                open,
                own,
            },
            WaitOnV1::Halt(change) => {
                Self::Halt(named("halt", key::parse_package_version_key(&change))?)
            }
            WaitOnV1::Approval(change) => {
                Self::Approval(named("approval", key::parse_package_version_key(&change))?)
            }
        })
    }
}
