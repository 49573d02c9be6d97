//! The keys of every item, and the order in them.
//!
//! A key is a fixed word, `#`, and the engine's key of what it names, which comes last or cannot hold the `#` or `~` that
//! follows it: application ids, repositories and numbers never do.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use downriver_domain::slot::WaitingFor;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Pipeline, RepositoryId, Target, Timestamp};
use downriver_engine::ports::Heard;
use downriver_engine::wire::stored::key::{
    package_key, package_version_key, pipeline_key, repository_key, target_key,
};
use sha2::{Digest, Sha256};

use super::item::Key;

/// Partitions that the lists of due and of busy slots are spread over, each of which takes 1,000 writes a second. Part of
/// what is stored: another number needs a migration.
pub(super) const SHARDS: u8 = 4;
/// DynamoDB allows 2,048 bytes for a partition key. Names of 255 characters of four bytes each exceed it.
const PK_BYTES_MAX: usize = 2_000;
const PK_BYTES_KEPT: usize = 1_500;

/// An application with its slot.
pub(super) fn state(application: &ApplicationId) -> Key {
    Key::new(format!("app#{application}"), "state")
}

/// What an application's edges are found by: the list of its packages.
pub(super) fn edges_head(application: &ApplicationId) -> Key {
    Key::new(format!("app#{application}"), "edges")
}

pub(super) fn edge(package: &PackageId, is_producer: bool, application: &ApplicationId) -> Key {
    Key::new(edges_of(package), edge_sk(is_producer, application))
}

/// The partition of a package's dependents.
pub(super) fn edges_of(package: &PackageId) -> String {
    bounded("pkg#", &package_key(package))
}

/// Producers first, then in order of id.
pub(super) fn edge_sk(is_producer: bool, application: &ApplicationId) -> String {
    format!("{}#{application}", if is_producer { '0' } else { '1' })
}

/// Reads [`edge_sk`]: whether it is a producer, and the application.
pub(super) fn parse_edge_sk(sk: &str) -> Option<(bool, ApplicationId)> {
    let (role, application) = sk.split_once('#')?;
    let is_producer = match role {
        "0" => true,
        "1" => false,
        _ => return None,
    };
    Some((is_producer, application.parse().ok()?))
}

/// The partition that lists registered applications.
pub(super) const APPLICATIONS: &str = "applications";

pub(super) fn listed(application: &ApplicationId) -> Key {
    Key::new(APPLICATIONS, application.as_str())
}

/// The partition of the applications that have, or had when they were removed, this pipeline.
pub(super) fn pipeline_of(pipeline: &Pipeline) -> String {
    format!("pipeline#{}", pipeline_key(pipeline))
}

pub(super) fn pipeline(pipeline: &Pipeline, application: &ApplicationId) -> Key {
    Key::new(pipeline_of(pipeline), application.as_str())
}

pub(super) fn inventories_of(package: &PackageId) -> String {
    bounded("inv#", &package_key(package))
}

pub(super) fn inventory(package: &PackageId, repository: &RepositoryId) -> Key {
    Key::new(inventories_of(package), repository_key(repository))
}

pub(super) fn topology() -> Key {
    Key::new("topology", "head")
}

pub(super) fn controls() -> Key {
    Key::new("controls", "head")
}

pub(super) fn checkup() -> Key {
    Key::new("checkup", "head")
}

/// The partition of the domains that were heard of.
pub(super) const HEARD: &str = "heard";

pub(super) fn heard(heard: &Heard) -> Key {
    Key::new(HEARD, format!("{}/{}", heard.domain_owner, heard.domain))
}

/// Which table this store belongs to.
pub(super) fn identity() -> Key {
    Key::new("table", "identity")
}

/// The partition of the markers.
pub(super) const PRODUCERS: &str = "producers";

pub(super) fn marker(application: &ApplicationId) -> Key {
    Key::new(PRODUCERS, application.as_str())
}

pub(super) fn budget(target: &Target) -> Key {
    Key::new(format!("budget#{}", target_key(target)), "holders")
}

pub(super) fn history_of_application(application: &ApplicationId) -> String {
    format!("history#{application}")
}

pub(super) fn history_of_version(package_version: &PackageVersionId) -> String {
    bounded("version#", &package_version_key(package_version))
}

pub(super) fn rollout(change: &PackageVersionId) -> Key {
    Key::new(bounded("rollout#", &package_version_key(change)), "head")
}

/// The partition, in the index of what is busy, of the rollouts that are not over.
pub(super) const OPEN_ROLLOUTS: &str = "rollouts";

/// Names may be longer than a sort key.
pub(super) fn rollout_sk(change: &PackageVersionId) -> String {
    hash(&package_version_key(change))
}

pub(super) fn due_pk(shard: u8) -> String {
    format!("due#{shard}")
}

pub(super) fn busy_pk(shard: u8) -> String {
    format!("busy#{shard}")
}

pub(super) fn waiting_pk(waiting_for: &WaitingFor) -> String {
    match waiting_for {
        WaitingFor::Producer(application) => format!("producer#{application}"),
        WaitingFor::Target(target) => format!("target#{}", target_key(target)),
        WaitingFor::Pause => "pause".to_owned(),
        WaitingFor::Rollout => "rollout".to_owned(),
    }
}

/// An instant and an application: in order of time, then of id.
pub(super) fn timed_sk(at: Timestamp, application: &ApplicationId) -> String {
    format!("{}#{application}", sortable(at))
}

/// Comes after every [`timed_sk`] of this instant, and before those of the next.
pub(super) fn end_of(at: Timestamp) -> String {
    format!("{}$", sortable(at))
}

/// Reads [`timed_sk`].
pub(super) fn parse_timed_sk(sk: &str) -> Option<(Timestamp, ApplicationId)> {
    let (at, application) = sk.split_once('#')?;
    let at = (at.parse::<u64>().ok()? ^ (1 << 63)).cast_signed();
    Some((Timestamp::from_unix_millis(at), application.parse().ok()?))
}

/// Twenty digits that sort as the instants do.
pub(super) fn sortable(at: Timestamp) -> String {
    format!("{:020}", at.unix_millis().cast_unsigned() ^ (1 << 63))
}

pub(super) fn shard_of(application: &ApplicationId) -> u8 {
    Sha256::digest(application.as_str())[0] % SHARDS
}

/// The first half of a SHA-256, in hex.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text)[..16]
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// A key that is too long keeps its beginning, and the hash of the whole.
fn bounded(prefix: &str, key: &str) -> String {
    if prefix.len() + key.len() <= PK_BYTES_MAX {
        return format!("{prefix}{key}");
    }
    let kept = &key[..key.floor_char_boundary(PK_BYTES_KEPT)];
    format!("{prefix}{kept}#{}", hash(key))
}
