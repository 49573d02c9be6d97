//! Applications: registering, replacing, removing, finding.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::Slot;
use downriver_domain::{ApplicationId, Pipeline};
use downriver_engine::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Registration};
use downriver_engine::wire::stored::key::pipeline_key;
use downriver_engine::wire::stored::{decode_application, decode_slot, encode_application};
use rusqlite::{Connection, OptionalExtension};

use super::edges::{self, EdgeRow};
use super::error::Failure;
use super::interned::Interned;
use super::slots::list;

/// Edges that are collected and sorted before they are written, so that writes to the same page meet.
const EDGES_COLLECTED_MAX: usize = 400_000;

/// Registers or replaces applications with all their dependencies. Edges that stay as they are are not written: most of
/// them, where an application is registered again after an execution.
pub(super) fn record_all<R: Borrow<Registration>>(
    connection: &Connection,
    interned: &mut Interned,
    registrations: impl IntoIterator<Item = R>,
) -> Result<(), Failure> {
    let mut collected = Vec::new();
    let mut collected_of = BTreeSet::new();
    for registration in registrations {
        let registration = registration.borrow();
        let id = &registration.application.id;
        let old = match find(connection, id)? {
            Some(old) => {
                if collected_of.contains(&old.id) {
                    edges::write(connection, &mut collected)?;
                }
                edges::load_rows(connection, &old, id)?
            }
            None => BTreeSet::new(),
        };
        let application = record_application(connection, registration)?;
        collected_of.insert(application);
        let new = rows_of(connection, interned, registration)?;
        edges::delete_rows(connection, &old, &new)?;
        edges::list_packages(connection, application, &old, &new)?;
        collected.extend(new.into_iter().filter(|row| !old.contains(row)));
        if collected.len() >= EDGES_COLLECTED_MAX {
            edges::write(connection, &mut collected)?;
            collected_of.clear();
        }
    }
    edges::write(connection, &mut collected)
}

/// Takes an application and its edges out of the catalog.
pub(super) fn remove(connection: &Connection, application: &ApplicationId) -> Result<(), Failure> {
    if let Some(old) = find(connection, application)? {
        let rows = edges::load_rows(connection, &old, application)?;
        let none = BTreeSet::new();
        edges::delete_rows(connection, &rows, &none)?;
        edges::list_packages(connection, old.id, &rows, &none)?;
        connection
            .prepare_cached("UPDATE applications SET is_registered = 0 WHERE id = ?1")?
            .execute([old.id])?;
    }
    Ok(())
}

pub(super) fn load_applications(
    connection: &Connection,
    ids: &[ApplicationId],
) -> Result<Vec<ApplicationState>, Failure> {
    if ids.len() > LOAD_APPLICATIONS_MAX {
        return Err(Failure::permanent(format!(
            "{} applications asked for at once, at most {LOAD_APPLICATIONS_MAX} are read",
            ids.len()
        )));
    }
    let mut statement = connection.prepare_cached(
        "SELECT applications.body, applications.is_registered, slots.body
         FROM applications LEFT JOIN slots ON slots.application = applications.name
         WHERE applications.name = ?1 AND (applications.is_registered OR slots.id IS NOT NULL)",
    )?;
    let mut states = Vec::with_capacity(ids.len());
    for id in ids {
        let mut rows = statement.query([id.as_str()])?;
        if let Some(row) = rows.next()? {
            let application = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            let slot = row
                .get_ref(2)?
                .as_str_or_null()
                .map_err(rusqlite::Error::from)?;
            states.push(ApplicationState {
                application: decode_application(application)?,
                slot: match slot {
                    Some(slot) => decode_slot(slot)?,
                    None => Slot::new(id.clone()),
                },
                is_registered: row.get(1)?,
            });
        }
    }
    Ok(states)
}

pub(super) fn list_applications(
    connection: &Connection,
    after: Option<&ApplicationId>,
    limit: usize,
) -> Result<Vec<ApplicationId>, Failure> {
    list(
        connection,
        "SELECT name FROM applications WHERE is_registered AND name > ?1 ORDER BY name LIMIT ?2",
        (after.map_or("", ApplicationId::as_str), limit_column(limit)),
    )
}

/// A registered application comes before a removed one.
pub(super) fn find_by_pipeline(
    connection: &Connection,
    pipeline: &Pipeline,
) -> Result<Option<ApplicationId>, Failure> {
    let found = list(
        connection,
        "SELECT name FROM applications WHERE pipeline = ?1 ORDER BY is_registered DESC, name LIMIT 1",
        [pipeline_key(pipeline)],
    )?;
    Ok(found.into_iter().next())
}

/// A `limit` as SQLite wants it.
pub(super) fn limit_column(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What its edges are found by.
pub(super) struct Registered {
    pub(super) id: i64,
    pub(super) is_consumer: bool,
}

pub(super) fn find(
    connection: &Connection,
    application: &ApplicationId,
) -> Result<Option<Registered>, Failure> {
    Ok(connection
        .prepare_cached("SELECT id, is_consumer FROM applications WHERE name = ?1")?
        .query_row([application.as_str()], |row| {
            Ok(Registered {
                id: row.get(0)?,
                is_consumer: row.get(1)?,
            })
        })
        .optional()?)
}

fn record_application(
    connection: &Connection,
    registration: &Registration,
) -> Result<i64, Failure> {
    let application = &registration.application;
    Ok(connection
        .prepare_cached(
            "INSERT INTO applications (name, is_registered, is_consumer, pipeline, body)
             VALUES (?1, 1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET is_registered = 1, is_consumer = excluded.is_consumer,
                 pipeline = excluded.pipeline, body = excluded.body
             RETURNING id",
        )?
        .query_row(
            (
                application.id.as_str(),
                !application.is_producer(),
                pipeline_key(&application.pipeline),
                encode_application(application),
            ),
            |row| row.get(0),
        )?)
}

/// Numbers the instances of each package in the order in which they are listed.
fn rows_of(
    connection: &Connection,
    interned: &mut Interned,
    registration: &Registration,
) -> Result<BTreeSet<EdgeRow>, Failure> {
    let mut instances: BTreeMap<i64, u32> = BTreeMap::new();
    let mut rows = Vec::with_capacity(registration.dependencies.len());
    for dependency in &registration.dependencies {
        let package = interned.intern_package(connection, &dependency.package)?;
        let next = instances.entry(package).or_insert(0);
        rows.push(EdgeRow::new(
            package,
            &registration.application,
            *next,
            interned.intern_shape(connection, dependency)?,
            dependency,
        ));
        *next += 1;
    }
    Ok(rows.into_iter().collect())
}
