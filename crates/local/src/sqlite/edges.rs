//! Edges: clustered by package in the order of dependents, found from their application by a narrow second table.

use std::collections::BTreeSet;
use std::mem;

use downriver_domain::version::PackageId;
use downriver_domain::{Application, ApplicationId, Built, Dependency, Edge, Timestamp};
use downriver_engine::ports::{EdgeCursor, EdgePage};
use rusqlite::{Connection, Row};

use super::error::Failure;
use super::interned::Interned;
use super::registrations::{self, Registered, limit_column};

/// One row of the table, in the order of its key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EdgeRow {
    package: i64,
    is_consumer: bool,
    application: String,
    instance: u32,
    shape: i64,
    built: Option<String>,
    built_as_of: Option<i64>,
    built_revision: Option<String>,
    line: Option<u32>,
    lock_line: Option<u32>,
}

impl EdgeRow {
    pub(super) fn new(
        package: i64,
        application: &Application,
        instance: u32,
        shape: i64,
        dependency: &Dependency,
    ) -> Self {
        Self {
            package,
            is_consumer: !application.is_producer(),
            application: application.id.to_string(),
            instance,
            shape,
            built: built_column(&dependency.built),
            built_as_of: dependency.built_as_of.map(Timestamp::unix_millis),
            built_revision: dependency.built_revision.clone(),
            line: dependency.evidence.line,
            lock_line: dependency.lock.as_ref().and_then(|lock| lock.line),
        }
    }
}

/// Writes what was collected, in the order of the table.
pub(super) fn write(connection: &Connection, collected: &mut Vec<EdgeRow>) -> Result<(), Failure> {
    let mut rows = mem::take(collected);
    rows.sort_unstable();
    let mut statement = connection.prepare_cached(
        "INSERT INTO edges
         (package, is_consumer, application, instance, shape, built, built_as_of, built_revision, line, lock_line)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for row in &rows {
        statement.execute((
            row.package,
            row.is_consumer,
            &row.application,
            row.instance,
            row.shape,
            &row.built,
            row.built_as_of,
            &row.built_revision,
            row.line,
            row.lock_line,
        ))?;
    }
    rows.clear();
    *collected = rows;
    Ok(())
}

/// The rows of one application.
pub(super) fn load_rows(
    connection: &Connection,
    registered: &Registered,
    application: &ApplicationId,
) -> Result<BTreeSet<EdgeRow>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT e.package, e.instance, e.shape, e.built, e.built_as_of, e.built_revision, e.line, e.lock_line
         FROM application_edges a CROSS JOIN edges e
         ON e.package = a.package AND e.is_consumer = ?2 AND e.application = ?3
         WHERE a.application = ?1",
    )?;
    let rows = statement.query_map(
        (registered.id, registered.is_consumer, application.as_str()),
        |row| {
            Ok(EdgeRow {
                package: row.get(0)?,
                is_consumer: registered.is_consumer,
                application: application.to_string(),
                instance: row.get(1)?,
                shape: row.get(2)?,
                built: row.get(3)?,
                built_as_of: row.get(4)?,
                built_revision: row.get(5)?,
                line: row.get(6)?,
                lock_line: row.get(7)?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes the rows that are not to stay as they are.
pub(super) fn delete_rows(
    connection: &Connection,
    old: &BTreeSet<EdgeRow>,
    new: &BTreeSet<EdgeRow>,
) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM edges WHERE package = ?1 AND is_consumer = ?2 AND application = ?3 AND instance = ?4",
    )?;
    for row in old.difference(new) {
        statement.execute((row.package, row.is_consumer, &row.application, row.instance))?;
    }
    Ok(())
}

/// Makes the list of packages by which an application's edges are found that of its new rows.
pub(super) fn list_packages(
    connection: &Connection,
    application: i64,
    old: &BTreeSet<EdgeRow>,
    new: &BTreeSet<EdgeRow>,
) -> Result<(), Failure> {
    let packages = |rows: &BTreeSet<EdgeRow>| -> BTreeSet<i64> {
        rows.iter().map(|row| row.package).collect()
    };
    let (old, new) = (packages(old), packages(new));
    let mut delete = connection
        .prepare_cached("DELETE FROM application_edges WHERE application = ?1 AND package = ?2")?;
    for package in old.difference(&new) {
        delete.execute((application, package))?;
    }
    let mut insert = connection
        .prepare_cached("INSERT INTO application_edges (application, package) VALUES (?1, ?2)")?;
    for package in new.difference(&old) {
        insert.execute((application, package))?;
    }
    Ok(())
}

/// In order of package, as it was first stored, and instance.
pub(super) fn load_dependencies(
    connection: &Connection,
    interned: &mut Interned,
    application: &ApplicationId,
) -> Result<Vec<Dependency>, Failure> {
    let Some(registered) = registrations::find(connection, application)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT e.is_consumer, e.application, e.instance, e.shape, e.built, e.built_as_of, e.built_revision, e.line, e.lock_line
         FROM application_edges a CROSS JOIN edges e
         ON e.package = a.package AND e.is_consumer = ?2 AND e.application = ?3
         WHERE a.application = ?1 ORDER BY a.package, e.instance",
    )?;
    let mut rows =
        statement.query((registered.id, registered.is_consumer, application.as_str()))?;
    let mut dependencies = Vec::new();
    while let Some(row) = rows.next()? {
        dependencies.push(read_edge(connection, interned, row)?.dependency);
    }
    Ok(dependencies)
}

pub(super) fn load_edges(
    connection: &Connection,
    interned: &mut Interned,
    application: &ApplicationId,
    packages: &BTreeSet<PackageId>,
) -> Result<Vec<Edge>, Failure> {
    let Some(registered) = registrations::find(connection, application)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT is_consumer, application, instance, shape, built, built_as_of, built_revision, line, lock_line
         FROM edges
         WHERE package = ?1 AND is_consumer = ?2 AND application = ?3 ORDER BY instance",
    )?;
    let mut edges = Vec::new();
    for package in packages {
        let Some(package) = interned.find_package(connection, package)? else {
            continue;
        };
        let mut rows = statement.query((package, registered.is_consumer, application.as_str()))?;
        while let Some(row) = rows.next()? {
            edges.push(read_edge(connection, interned, row)?);
        }
    }
    Ok(edges)
}

pub(super) fn load_dependents(
    connection: &Connection,
    interned: &mut Interned,
    package: &PackageId,
    after: Option<&EdgeCursor>,
    limit: usize,
) -> Result<EdgePage, Failure> {
    let limit = limit.max(1);
    let mut edges = Vec::new();
    if let Some(package) = interned.find_package(connection, package)? {
        let (is_consumer, application, instance) = after.map_or((-1, "", -1), |cursor| {
            (
                i64::from(cursor.is_consumer),
                cursor.application.as_str(),
                i64::from(cursor.instance),
            )
        });
        let mut statement = connection.prepare_cached(
            "SELECT is_consumer, application, instance, shape, built, built_as_of, built_revision, line, lock_line
         FROM edges
             WHERE package = ?1 AND (is_consumer, application, instance) > (?2, ?3, ?4)
             ORDER BY is_consumer, application, instance LIMIT ?5",
        )?;
        let one_more = limit_column(limit.saturating_add(1));
        let mut rows = statement.query((package, is_consumer, application, instance, one_more))?;
        while let Some(row) = rows.next()? {
            edges.push(read_edge(connection, interned, row)?);
        }
    }
    Ok(cut(edges, limit))
}

/// How many applications have a first instance of it.
pub(super) fn count_dependents(
    connection: &Connection,
    interned: &mut Interned,
    package: &PackageId,
) -> Result<u64, Failure> {
    let Some(package) = interned.find_package(connection, package)? else {
        return Ok(0);
    };
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM edges WHERE package = ?1 AND instance = 0")?
        .query_row([package], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// `=1.2.3` for proven, `~1.2.3` for assumed, nothing for unknown.
pub(super) fn built_column(built: &Built) -> Option<String> {
    match built {
        Built::Proven(version) => Some(format!("={version}")),
        Built::Assumed(version) => Some(format!("~{version}")),
        Built::Unknown => None,
    }
}

fn read_built(column: Option<&str>) -> Result<Built, Failure> {
    let Some(column) = column else {
        return Ok(Built::Unknown);
    };
    match column.split_at_checked(1) {
        Some(("=", version)) => Ok(Built::Proven(version.to_owned())),
        Some(("~", version)) => Ok(Built::Assumed(version.to_owned())),
        _ => Err(Failure::permanent(format!(
            "an edge holds the built version `{}`, which starts with neither `=` nor `~`",
            column.escape_debug()
        ))),
    }
}

/// Reads the columns that every query for edges selects.
fn read_edge(
    connection: &Connection,
    interned: &mut Interned,
    row: &Row<'_>,
) -> Result<Edge, Failure> {
    let is_consumer: bool = row.get(0)?;
    let application = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
    let built = row
        .get_ref(4)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?;
    let mut dependency = interned.load_shape(connection, row.get(3)?)?;
    dependency.built = read_built(built)?;
    dependency.built_as_of = row
        .get::<_, Option<i64>>(5)?
        .map(Timestamp::from_unix_millis);
    dependency.built_revision = row.get(6)?;
    dependency.evidence.line = row.get(7)?;
    if let Some(lock) = &mut dependency.lock {
        lock.line = row.get(8)?;
    }
    Ok(Edge {
        application: application.parse()?,
        instance: row.get(2)?,
        is_producer: !is_consumer,
        dependency,
    })
}

/// Makes a page of at most `limit` edges of one edge more, where there is one.
fn cut(mut edges: Vec<Edge>, limit: usize) -> EdgePage {
    if edges.len() <= limit {
        return EdgePage { edges, next: None };
    }
    let beyond = &edges[limit].application;
    let whole = edges
        .iter()
        .take_while(|edge| edge.application != *beyond)
        .count();
    // All of one application: it alone exceeds the limit.
    edges.truncate(if whole == 0 { limit } else { whole });
    let next = edges.last().map(|edge| EdgeCursor {
        is_consumer: !edge.is_producer,
        application: edge.application.clone(),
        instance: edge.instance,
    });
    EdgePage { edges, next }
}
