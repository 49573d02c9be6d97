//! The history: append only.

use downriver_domain::ApplicationId;
use downriver_engine::history::{HistoryBody, HistoryEntry};
use downriver_engine::ports::HistoryOf;
use downriver_engine::wire::stored::key::package_version_key;
use downriver_engine::wire::stored::{decode_history_entry, encode_history_entry};
use rusqlite::{Connection, Params};

use super::error::Failure;
use super::registrations::limit_column;

/// An entry with its number in the order of writing, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedEntry {
    pub id: i64,
    pub entry: HistoryEntry,
}

pub(super) fn append(connection: &Connection, entry: &HistoryEntry) -> Result<(), Failure> {
    let rebuild = match &entry.body {
        HistoryBody::Rebuild(record) => Some(record.id.as_str()),
        HistoryBody::Seen(_) | HistoryBody::Verdicts(_) | HistoryBody::Note(_) => None,
    };
    connection
        .prepare_cached(
            "INSERT INTO history (at, application, package_version, rebuild, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            entry.at.unix_millis(),
            entry.application.as_ref().map(ApplicationId::as_str),
            entry.package_version.as_ref().map(package_version_key),
            rebuild,
            encode_history_entry(entry),
        ))?;
    Ok(())
}

/// Newest first; of one instant, the one written last first.
pub(super) fn load(
    connection: &Connection,
    of: &HistoryOf,
    limit: usize,
) -> Result<Vec<HistoryEntry>, Failure> {
    let (statement, key) = match of {
        HistoryOf::Application(application) => (
            "SELECT id, body FROM history WHERE application = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
            application.to_string(),
        ),
        HistoryOf::PackageVersion(package_version) => (
            "SELECT id, body FROM history WHERE package_version = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
            package_version_key(package_version),
        ),
    };
    let entries = query(connection, statement, (key, limit_column(limit)))?;
    Ok(entries.into_iter().map(|numbered| numbered.entry).collect())
}

pub(super) fn load_whole(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<NumberedEntry>, Failure> {
    query(
        connection,
        "SELECT id, body FROM history WHERE id > ?1 ORDER BY id LIMIT ?2",
        (after, limit_column(limit)),
    )
}

pub(super) fn load_rebuilds(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<NumberedEntry>, Failure> {
    query(
        connection,
        "SELECT id, body FROM history
         WHERE id IN (SELECT max(id) FROM history WHERE rebuild IS NOT NULL GROUP BY rebuild) AND id > ?1
         ORDER BY id LIMIT ?2",
        (after, limit_column(limit)),
    )
}

fn query(
    connection: &Connection,
    statement: &str,
    params: impl Params,
) -> Result<Vec<NumberedEntry>, Failure> {
    let mut statement = connection.prepare_cached(statement)?;
    let mut rows = statement.query(params)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        entries.push(NumberedEntry {
            id: row.get(0)?,
            entry: decode_history_entry(body)?,
        });
    }
    Ok(entries)
}
