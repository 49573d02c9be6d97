//! How changes spread: one record for each.

use downriver_domain::Rollout;
use downriver_domain::version::PackageVersionId;
use downriver_engine::ports::LOAD_ROLLOUTS_MAX;
use downriver_engine::wire::stored::key::{package_version_key, parse_package_version_key};
use downriver_engine::wire::stored::{decode_rollout, encode_rollout};
use rusqlite::{Connection, OptionalExtension};

use super::error::Failure;
use super::records::replaced_revision;

pub(super) fn load(
    connection: &Connection,
    changes: &[PackageVersionId],
) -> Result<Vec<Rollout>, Failure> {
    if changes.len() > LOAD_ROLLOUTS_MAX {
        return Err(Failure::permanent(format!(
            "{} rollouts asked for at once, at most {LOAD_ROLLOUTS_MAX} are read",
            changes.len()
        )));
    }
    let mut statement = connection.prepare_cached("SELECT body FROM rollouts WHERE change = ?1")?;
    let mut found = Vec::new();
    for change in changes {
        let body: Option<String> = statement
            .query_row([package_version_key(change)], |row| row.get(0))
            .optional()?;
        found.extend(body.map(|body| decode_rollout(&body)).transpose()?);
    }
    Ok(found)
}

pub(super) fn list_open(
    connection: &Connection,
    after: Option<&PackageVersionId>,
    limit: usize,
) -> Result<Vec<PackageVersionId>, Failure> {
    let after = after.map(package_version_key).unwrap_or_default();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT change FROM rollouts WHERE is_over = 0 AND change > ?1 ORDER BY change LIMIT ?2",
    )?;
    let mut rows = statement.query((after, limit))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        found.push(parse_package_version_key(&key)?);
    }
    Ok(found)
}

/// False if another revision stands.
pub(super) fn record(connection: &Connection, rollout: &Rollout) -> Result<bool, Failure> {
    let replaced = replaced_revision(rollout.revision)?;
    let change = package_version_key(&rollout.package_version);
    let body = encode_rollout(rollout);
    let rows = if replaced == 0 {
        connection
            .prepare_cached(
                "INSERT INTO rollouts (change, revision, is_over, body) VALUES (?1, 1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute((change, rollout.is_over, body))?
    } else {
        connection
            .prepare_cached(
                "UPDATE rollouts SET revision = ?2 + 1, is_over = ?3, body = ?4
                 WHERE change = ?1 AND revision = ?2",
            )?
            .execute((change, replaced, rollout.is_over, body))?
    };
    Ok(rows == 1)
}
