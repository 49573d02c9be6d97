//! Records of which there is one, or few: topology, controls, inventories, markers, budgets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use downriver_domain::slot::{ActiveProducer, Controls};
use downriver_domain::version::PackageId;
use downriver_domain::{
    InvalidIdentifier, PackageInventory, RebuildId, RepositoryInventory, Target, Timestamp,
    Topology,
};
use downriver_engine::doctor::Checkup;
use downriver_engine::ports::{BudgetWrite, CommitOutcome, Heard, MarkerWrite};
use downriver_engine::wire::stored::key::{repository_key, target_key};
use downriver_engine::wire::stored::{
    decode_active_producer, decode_checkup, decode_controls, decode_inventory, decode_topology,
    encode_active_producer, encode_checkup, encode_controls, encode_inventory, encode_topology,
};
use rusqlite::{Connection, OptionalExtension};

use super::error::Failure;
use super::interned::Interned;
use super::transaction::Settled;

const TOPOLOGY: &str = "topology";
const CONTROLS: &str = "controls";
const CHECKUP: &str = "checkup";

/// Decoded once for each revision: every message reads it, and catalogs change rarely.
pub(super) fn load_topology(
    connection: &Connection,
    interned: &mut Interned,
) -> Result<Arc<Topology>, Failure> {
    let revision: Option<i64> = connection
        .prepare_cached("SELECT revision FROM records WHERE name = ?1")?
        .query_row([TOPOLOGY], |row| row.get(0))
        .optional()?;
    let Some(revision) = revision else {
        return Ok(Arc::default());
    };
    if let Some((known, topology)) = &interned.topology
        && *known == revision
    {
        return Ok(Arc::clone(topology));
    }
    let body = load_record(connection, TOPOLOGY)?;
    let topology = body
        .map(|body| decode_topology(&body))
        .transpose()?
        .unwrap_or_default();
    let topology = Arc::new(topology);
    interned.topology = Some((revision, Arc::clone(&topology)));
    Ok(topology)
}

pub(super) fn record_topology(
    connection: &Connection,
    topology: &Topology,
) -> Result<Settled<CommitOutcome>, Failure> {
    let is_written = record_record(
        connection,
        TOPOLOGY,
        topology.revision,
        &encode_topology(topology),
    )?;
    Ok(Settled::of(if is_written {
        CommitOutcome::Done
    } else {
        CommitOutcome::Conflict
    }))
}

pub(super) fn load_controls(connection: &Connection) -> Result<Controls, Failure> {
    let body = load_record(connection, CONTROLS)?;
    Ok(body
        .map(|body| decode_controls(&body))
        .transpose()?
        .unwrap_or_default())
}

/// False if another revision stands.
pub(super) fn record_controls(
    connection: &Connection,
    controls: &Controls,
) -> Result<bool, Failure> {
    record_record(
        connection,
        CONTROLS,
        controls.revision,
        &encode_controls(controls),
    )
}

pub(super) fn load_checkup(connection: &Connection) -> Result<Checkup, Failure> {
    let body = load_record(connection, CHECKUP)?;
    Ok(body
        .map(|body| decode_checkup(&body))
        .transpose()?
        .unwrap_or_default())
}

pub(super) fn record_checkup(
    connection: &Connection,
    checkup: &Checkup,
) -> Result<Settled<CommitOutcome>, Failure> {
    let body = encode_checkup(checkup);
    let is_written = record_record(connection, CHECKUP, checkup.revision, &body)?;
    Ok(Settled::of(if is_written {
        CommitOutcome::Done
    } else {
        CommitOutcome::Conflict
    }))
}

pub(super) fn record_heard(connection: &Connection, heard: &[Heard]) -> Result<(), Failure> {
    for heard in heard {
        let domain = format!("{}/{}", heard.domain_owner, heard.domain);
        connection
            .prepare_cached(
                "INSERT INTO heard (domain, at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
            )?
            .execute((domain, heard.at.unix_millis()))?;
    }
    Ok(())
}

pub(super) fn load_heard(connection: &Connection) -> Result<Vec<Heard>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT domain, at FROM heard ORDER BY domain")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let domain: String = row.get(0)?;
        let (owner, name) = domain.split_once('/').unwrap_or((&domain, ""));
        let invalid = |error: InvalidIdentifier| Failure::permanent(error.to_string());
        found.push(Heard {
            domain_owner: owner.parse().map_err(invalid)?,
            domain: name.parse().map_err(invalid)?,
            at: Timestamp::from_unix_millis(row.get(1)?),
        });
    }
    Ok(found)
}

fn load_record(connection: &Connection, name: &str) -> Result<Option<String>, Failure> {
    Ok(connection
        .prepare_cached("SELECT body FROM records WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

fn record_record(
    connection: &Connection,
    name: &str,
    revision: u64,
    body: &str,
) -> Result<bool, Failure> {
    let replaced = replaced_revision(revision)?;
    let rows = if replaced == 0 {
        connection
            .prepare_cached(
                "INSERT INTO records (name, revision, body) VALUES (?1, 1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute((name, body))?
    } else {
        connection
            .prepare_cached(
                "UPDATE records SET revision = ?2 + 1, body = ?3 WHERE name = ?1 AND revision = ?2",
            )?
            .execute((name, replaced, body))?
    };
    Ok(rows == 1)
}

/// The revision that a record of this revision replaces; 0: there is none yet.
pub(super) fn replaced_revision(revision: u64) -> Result<i64, Failure> {
    i64::try_from(revision)
        .ok()
        .and_then(|revision| revision.checked_sub(1))
        .filter(|replaced| *replaced >= 0)
        .ok_or_else(|| {
            Failure::permanent(format!(
                "no record can have revision {revision}: the first is 1"
            ))
        })
}

pub(super) fn load_inventory(
    connection: &Connection,
    interned: &mut Interned,
    package: &PackageId,
) -> Result<PackageInventory, Failure> {
    let mut inventory = PackageInventory {
        package: package.clone(),
        repositories: BTreeMap::new(),
    };
    if let Some(package) = interned.find_package(connection, package)? {
        let mut statement =
            connection.prepare_cached("SELECT body FROM inventory WHERE package = ?1")?;
        let mut rows = statement.query([package])?;
        while let Some(row) = rows.next()? {
            let record =
                decode_inventory(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            inventory
                .repositories
                .insert(record.repository.clone(), record);
        }
    }
    Ok(inventory)
}

/// False if another revision stands.
pub(super) fn record_inventory(
    connection: &Connection,
    interned: &mut Interned,
    inventory: &RepositoryInventory,
) -> Result<bool, Failure> {
    let package = interned.intern_package(connection, &inventory.package)?;
    let repository = repository_key(&inventory.repository);
    let body = encode_inventory(inventory);
    let replaced = replaced_revision(inventory.record_revision)?;
    let rows = if replaced == 0 {
        connection
            .prepare_cached(
                "INSERT INTO inventory (package, repository, revision, body) VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute((package, repository, body))?
    } else {
        connection
            .prepare_cached(
                "UPDATE inventory SET revision = ?3 + 1, body = ?4
                 WHERE package = ?1 AND repository = ?2 AND revision = ?3",
            )?
            .execute((package, repository, replaced, body))?
    };
    Ok(rows == 1)
}

/// In order of application.
pub(super) fn load_active_producers(
    connection: &Connection,
) -> Result<Vec<ActiveProducer>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM markers ORDER BY application")?;
    let mut rows = statement.query(())?;
    let mut producers = Vec::new();
    while let Some(row) = rows.next()? {
        producers.push(decode_active_producer(
            row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
        )?);
    }
    Ok(producers)
}

pub(super) fn write_marker(connection: &Connection, write: &MarkerWrite) -> Result<(), Failure> {
    match write {
        MarkerWrite::Put(producer) => connection
            .prepare_cached("INSERT OR REPLACE INTO markers (application, body) VALUES (?1, ?2)")?
            .execute((
                producer.application.as_str(),
                encode_active_producer(producer),
            ))?,
        MarkerWrite::Remove(application) => connection
            .prepare_cached("DELETE FROM markers WHERE application = ?1")?
            .execute([application.as_str()])?,
    };
    Ok(())
}

pub(super) fn load_budget(
    connection: &Connection,
    target: &Target,
) -> Result<BTreeSet<RebuildId>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT rebuild FROM budgets WHERE target = ?1")?;
    let mut rows = statement.query([target_key(target)])?;
    let mut rebuilds = BTreeSet::new();
    while let Some(row) = rows.next()? {
        rebuilds.insert(row.get::<_, String>(0)?.parse()?);
    }
    Ok(rebuilds)
}

/// False if the target has no room.
pub(super) fn write_budget(connection: &Connection, write: &BudgetWrite) -> Result<bool, Failure> {
    match write {
        BudgetWrite::Take {
            target,
            rebuild,
            executions_in_flight_max,
        } => take(
            connection,
            &target_key(target),
            rebuild,
            *executions_in_flight_max,
        ),
        BudgetWrite::Return { target, rebuild } => {
            connection
                .prepare_cached("DELETE FROM budgets WHERE target = ?1 AND rebuild = ?2")?
                .execute((target_key(target), rebuild.as_str()))?;
            Ok(true)
        }
    }
}

fn take(
    connection: &Connection,
    target: &str,
    rebuild: &RebuildId,
    executions_in_flight_max: u32,
) -> Result<bool, Failure> {
    let is_held: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM budgets WHERE target = ?1 AND rebuild = ?2)")?
        .query_row((target, rebuild.as_str()), |row| row.get(0))?;
    if is_held {
        return Ok(true);
    }
    let taken: i64 = connection
        .prepare_cached("SELECT count(*) FROM budgets WHERE target = ?1")?
        .query_row([target], |row| row.get(0))?;
    if taken >= i64::from(executions_in_flight_max) {
        return Ok(false);
    }
    connection
        .prepare_cached("INSERT INTO budgets (target, rebuild) VALUES (?1, ?2)")?
        .execute((target, rebuild.as_str()))?;
    Ok(true)
}
