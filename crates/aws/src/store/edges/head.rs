use std::collections::BTreeMap;

use downriver_domain::version::PackageId;
use downriver_engine::ports::StoreError;
use downriver_engine::wire::stored::key::{package_key, parse_package_key};
use serde::{Deserialize, Serialize};

use super::super::item::{self, Item, Key, n, pack_whole, permanent};
use super::super::write::Write;

/// What an application's edges are found by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::store) struct Head {
    /// The write it stands from; `None` if there is no head yet.
    pub(in crate::store) write: Option<String>,
    /// Numbers the registrations; the highest that was begun.
    pub(in crate::store) generation: u64,
    pub(in crate::store) is_producer: bool,
    /// In order of registration, each with the generation that its edges stand from.
    pub(in crate::store) packages: Vec<(PackageId, u64)>,
    pub(in crate::store) since: BTreeMap<PackageId, u64>,
    /// Marks that were written and may not be settled yet.
    pub(in crate::store) pending: Option<Pending>,
}

/// A registration that is under way, or was left half-way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Pending {
    pub(in crate::store) generation: u64,
    /// Whether the head lists this registration's edges already.
    pub(in crate::store) is_in_force: bool,
    pub(in crate::store) changes: Vec<(PackageId, bool, Change)>,
}

/// What becomes of the edges of one package, in one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) enum Change {
    #[serde(rename = "new")]
    New,
    #[serde(rename = "replaced")]
    Replaced,
    #[serde(rename = "gone")]
    Gone,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum StoredPackages {
    #[serde(rename = "1")]
    V1 { packages: Vec<(String, u64)> },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum StoredPending {
    #[serde(rename = "1")]
    V1 {
        generation: u64,
        is_in_force: bool,
        /// Package, whether in the role of a producer, and what becomes of it.
        changes: Vec<(String, bool, Change)>,
    },
}

impl Head {
    pub(in crate::store) fn of(item: Option<&Item>) -> Result<Self, StoreError> {
        let Some(item) = item else {
            return Ok(Self::default());
        };
        let packages = match item::body(item, "body")? {
            Some(body) => read_packages(&body)?,
            None => Vec::new(),
        };
        let pending = item::body(item, "pending")?;
        Ok(Self {
            write: Some(item::text(item, "write_name")?.to_owned()),
            generation: item::number(item, "generation")?,
            is_producer: item::flag(item, "is_producer"),
            pending: pending.map(|body| read_pending(&body)).transpose()?,
            ..Self::default()
        }
        .listing(packages))
    }

    /// With these packages and no others.
    pub(in crate::store) fn listing(mut self, packages: Vec<(PackageId, u64)>) -> Self {
        self.since = packages.iter().cloned().collect();
        self.packages = packages;
        self
    }

    /// The generation that the edges to a package stand from, if there are any.
    pub(in crate::store) fn since(&self, package: &PackageId) -> Option<u64> {
        self.since.get(package).copied()
    }

    /// Replaces the head that was read, whose write `replaced` names.
    pub(in crate::store) fn write_over(
        &self,
        key: Key,
        replaced: Option<&str>,
        name: &str,
    ) -> Result<Write, StoreError> {
        let what = format!("the list of packages of `{}`", key.pk);
        let body = StoredPackages::V1 {
            packages: self
                .packages
                .iter()
                .map(|(package, since)| (package_key(package), *since))
                .collect(),
        };
        let attributes = [
            ("generation", n(self.generation)),
            ("is_producer", item::bool(self.is_producer)),
            ("body", pack_whole(&what, &encode(&body))?),
        ];
        let mut write = Write::put(key, attributes).named("write_name", name);
        if let Some(pending) = &self.pending {
            write = write.with("pending", pack_whole(&what, &encode(&pending.stored()))?);
        }
        Ok(match replaced {
            None => write.only_if("attribute_not_exists(write_name)"),
            Some(replaced) => write
                .only_if("write_name = :replaced")
                .value(":replaced", item::s(replaced)),
        })
    }

    /// A condition that the head is still the one that was read.
    pub(in crate::store) fn check(&self, key: Key) -> Write {
        match &self.write {
            None => Write::check(key).only_if("attribute_not_exists(write_name)"),
            Some(read) => Write::check(key)
                .only_if("write_name = :read")
                .value(":read", item::s(read)),
        }
    }
}

impl Pending {
    fn stored(&self) -> StoredPending {
        let changes = self.changes.iter();
        StoredPending::V1 {
            generation: self.generation,
            is_in_force: self.is_in_force,
            changes: changes
                .map(|(package, is_producer, change)| (package_key(package), *is_producer, *change))
                .collect(),
        }
    }
}

fn read_packages(body: &str) -> Result<Vec<(PackageId, u64)>, StoreError> {
    let StoredPackages::V1 { packages } = decode("list of packages", body)?;
    let packages = packages.into_iter();
    packages
        .map(|(key, since)| Ok((read_package(&key)?, since)))
        .collect()
}

fn read_pending(body: &str) -> Result<Pending, StoreError> {
    let StoredPending::V1 {
        generation,
        is_in_force,
        changes,
    } = decode("pending registration", body)?;
    let changes = changes.into_iter();
    Ok(Pending {
        generation,
        is_in_force,
        changes: changes
            .map(|(key, is_producer, change)| Ok((read_package(&key)?, is_producer, change)))
            .collect::<Result<_, StoreError>>()?,
    })
}

fn read_package(key: &str) -> Result<PackageId, StoreError> {
    parse_package_key(key).map_err(|error| item::invalid_key(&error))
}

fn encode(stored: &impl Serialize) -> String {
    serde_json::to_string(stored).expect("lists of strings and numbers always serialise")
}

fn decode<S: for<'de> Deserialize<'de>>(record: &str, body: &str) -> Result<S, StoreError> {
    serde_json::from_str(body).map_err(|error| {
        permanent(format!(
            "failed to read a stored {record}: {error}; if a newer version of downriver wrote this store, use that version"
        ))
    })
}
