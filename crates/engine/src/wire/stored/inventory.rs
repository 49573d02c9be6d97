//! The stored forms of a package's versions in one repository, and of cascades.

use std::collections::BTreeMap;

use downriver_domain::{
    Cascade, Origin, RepositoryInventory, Timestamp, VersionRecord, VersionStatus,
};
use serde::{Deserialize, Serialize};

use super::fields::{
    FieldError, InField, is_default, keys, millis, named, parse_all, read_all, stored_names, texts,
    timestamp,
};
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InventoryV1 {
    repository: String,
    package: String,
    revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seeded_at: Option<i64>,
    versions: BTreeMap<String, VersionV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct VersionV1 {
    status: StatusV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    sequence: u64,
    event_time: i64,
    origin: OriginV1,
    first_seen: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<i64>,
    revised_at: i64,
    incarnation: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    is_seeded: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    cascade: CascadeV1,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct CascadeV1 {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roots: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    applications: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_overlapped: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_urgent: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    depth: u32,
}

stored_names!(StatusV1 = VersionStatus {
    Published = "published",
    Unfinished = "unfinished",
    Unlisted = "unlisted",
    Archived = "archived",
    Disposed = "disposed",
    Deleted = "deleted",
});

stored_names!(OriginV1 = Origin {
    Internal = "internal",
    External = "external",
    Unknown = "unknown",
});

impl From<&RepositoryInventory> for InventoryV1 {
    fn from(inventory: &RepositoryInventory) -> Self {
        Self {
            repository: key::repository_key(&inventory.repository),
            package: key::package_key(&inventory.package),
            revision: inventory.record_revision,
            seeded_at: millis(inventory.seeded_at),
            versions: inventory
                .versions
                .iter()
                .map(|(version, record)| (version.clone(), record.into()))
                .collect(),
        }
    }
}

impl TryFrom<InventoryV1> for RepositoryInventory {
    type Error = FieldError;

    fn try_from(stored: InventoryV1) -> Result<Self, FieldError> {
        Ok(Self {
            repository: named("repository", key::parse_repository_key(&stored.repository))?,
            package: named("package", key::parse_package_key(&stored.package))?,
            record_revision: stored.revision,
            seeded_at: timestamp(stored.seeded_at),
            versions: stored
                .versions
                .into_iter()
                .map(|(version, record)| {
                    let record = VersionRecord::try_from(record)
                        .in_field(&version)
                        .in_field("versions")?;
                    Ok((version, record))
                })
                .collect::<Result<_, FieldError>>()?,
        })
    }
}

impl From<&VersionRecord> for VersionV1 {
    fn from(record: &VersionRecord) -> Self {
        Self {
            status: record.status.into(),
            revision: record.revision.clone(),
            sequence: record.sequence,
            event_time: record.event_time.unix_millis(),
            origin: record.origin.into(),
            first_seen: record.first_seen.unix_millis(),
            published_at: millis(record.published_at),
            withdrawn_at: millis(record.withdrawn_at),
            revised_at: record.revised_at.unix_millis(),
            incarnation: record.incarnation,
            is_seeded: record.is_seeded,
            cascade: (&record.cascade).into(),
        }
    }
}

impl TryFrom<VersionV1> for VersionRecord {
    type Error = FieldError;

    fn try_from(stored: VersionV1) -> Result<Self, FieldError> {
        Ok(Self {
            status: stored.status.into(),
            revision: stored.revision,
            sequence: stored.sequence,
            event_time: Timestamp::from_unix_millis(stored.event_time),
            origin: stored.origin.into(),
            first_seen: Timestamp::from_unix_millis(stored.first_seen),
            published_at: timestamp(stored.published_at),
            withdrawn_at: timestamp(stored.withdrawn_at),
            revised_at: Timestamp::from_unix_millis(stored.revised_at),
            incarnation: stored.incarnation,
            is_seeded: stored.is_seeded,
            cascade: Cascade::try_from(stored.cascade).in_field("cascade")?,
        })
    }
}

impl From<&Cascade> for CascadeV1 {
    fn from(cascade: &Cascade) -> Self {
        Self {
            roots: keys(&cascade.roots, key::package_version_key),
            applications: texts(&cascade.applications),
            is_overlapped: cascade.is_overlapped,
            is_urgent: cascade.is_urgent,
            depth: cascade.depth,
        }
    }
}

impl TryFrom<CascadeV1> for Cascade {
    type Error = FieldError;

    fn try_from(stored: CascadeV1) -> Result<Self, FieldError> {
        Ok(Self {
            roots: read_all("roots", &stored.roots, key::parse_package_version_key)?,
            applications: parse_all("applications", &stored.applications)?,
            is_overlapped: stored.is_overlapped,
            is_urgent: stored.is_urgent,
            depth: stored.depth,
        })
    }
}
