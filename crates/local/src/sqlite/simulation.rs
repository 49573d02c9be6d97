//! Rows of the simulated world, kept in the same file so that both advance together.

use rusqlite::{Connection, OptionalExtension as _};

use super::error::Failure;

pub(super) fn load_rows(connection: &Connection) -> Result<Vec<(String, String)>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT key, value FROM simulation ORDER BY key")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn load_row(connection: &Connection, key: &str) -> Result<Option<String>, Failure> {
    let mut statement = connection.prepare_cached("SELECT value FROM simulation WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn record_rows(
    connection: &Connection,
    rows: &[(String, Option<String>)],
) -> Result<(), Failure> {
    for (key, value) in rows {
        match value {
            Some(value) => connection
                .prepare_cached("INSERT OR REPLACE INTO simulation (key, value) VALUES (?1, ?2)")?
                .execute((key, value))?,
            None => connection
                .prepare_cached("DELETE FROM simulation WHERE key = ?1")?
                .execute([key])?,
        };
    }
    Ok(())
}
