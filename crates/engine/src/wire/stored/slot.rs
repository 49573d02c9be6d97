//! The stored form of a slot.

mod log;
mod state;

use std::collections::BTreeMap;

use downriver_domain::slot::{Failure, Held, Joined, Slot, SlotState, Tail};
use downriver_domain::version::PackageId;
use downriver_domain::{Cascade, Timestamp};
use serde::{Deserialize, Serialize};

use self::log::{BuildV1, FailureV1, HeldV1, JoinedV1, SeenExecutionV1, TailV1};
use self::state::StateV1;
use super::fields::{
    FieldError, InField, is_default, list, millis, named, parse, timestamp, try_list,
};
use super::inventory::CascadeV1;
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SlotV1 {
    application: String,
    revision: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    rebuilds_requested: u64,
    state: StateV1,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    joined: BTreeMap<String, JoinedV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    builds: Vec<BuildV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    held: BTreeMap<String, HeldV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<FailureV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    executions: Vec<SeenExecutionV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tail: Option<TailV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    index_awaited_until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_cascade: Option<CascadeV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    starts: Vec<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_uncompared: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wake_at: Option<i64>,
}

impl From<&Slot> for SlotV1 {
    fn from(slot: &Slot) -> Self {
        Self {
            application: slot.application.to_string(),
            revision: slot.revision,
            rebuilds_requested: slot.rebuilds_requested,
            state: (&slot.state).into(),
            joined: by_package(&slot.joined),
            builds: list(&slot.builds),
            held: by_package(&slot.held),
            failure: slot.failure.as_ref().map(FailureV1::from),
            executions: list(&slot.executions),
            tail: slot.tail.as_ref().map(TailV1::from),
            index_awaited_until: millis(slot.index_awaited_until),
            last_cascade: slot.last_cascade.as_ref().map(CascadeV1::from),
            starts: slot.starts.iter().map(|at| at.unix_millis()).collect(),
            is_uncompared: slot.is_uncompared,
            wake_at: millis(slot.wake_at),
        }
    }
}

impl TryFrom<SlotV1> for Slot {
    type Error = FieldError;

    fn try_from(stored: SlotV1) -> Result<Self, FieldError> {
        let failure = stored.failure.map(Failure::try_from).transpose();
        let tail = stored.tail.map(Tail::try_from).transpose();
        let last_cascade = stored.last_cascade.map(Cascade::try_from).transpose();
        Ok(Self {
            application: parse("application", &stored.application)?,
            revision: stored.revision,
            rebuilds_requested: stored.rebuilds_requested,
            state: SlotState::try_from(stored.state).in_field("state")?,
            joined: parse_by_package::<_, Joined>("joined", stored.joined)?,
            builds: try_list("builds", stored.builds)?,
            held: parse_by_package::<_, Held>("held", stored.held)?,
            failure: failure.in_field("failure")?,
            executions: try_list("executions", stored.executions)?,
            tail: tail.in_field("tail")?,
            index_awaited_until: timestamp(stored.index_awaited_until),
            last_cascade: last_cascade.in_field("last_cascade")?,
            starts: stored.starts.into_iter().map(from_millis).collect(),
            is_uncompared: stored.is_uncompared,
            wake_at: timestamp(stored.wake_at),
        })
    }
}

fn by_package<'a, T, S: From<&'a T>>(values: &'a BTreeMap<PackageId, T>) -> BTreeMap<String, S> {
    values
        .iter()
        .map(|(package, value)| (key::package_key(package), value.into()))
        .collect()
}

fn parse_by_package<S, T>(
    field: &str,
    stored: BTreeMap<String, S>,
) -> Result<BTreeMap<PackageId, T>, FieldError>
where
    T: TryFrom<S, Error = FieldError>,
{
    stored
        .into_iter()
        .map(|(package, value)| {
            let value = T::try_from(value).in_field(&package).in_field(field)?;
            Ok((named(field, key::parse_package_key(&package))?, value))
        })
        .collect()
}

fn from_millis(at: i64) -> Timestamp {
    Timestamp::from_unix_millis(at)
}
