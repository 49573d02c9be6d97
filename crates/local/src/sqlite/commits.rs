//! The one conditional write of every decision.

use downriver_engine::ports::{BuiltWrite, Commit, CommitOutcome};
use rusqlite::{Connection, OptionalExtension};

use super::edges::built_column;
use super::error::Failure;
use super::interned::Interned;
use super::transaction::Settled;
use super::{history, records, rollouts, slots};

/// Conditions on revisions come before the budget: a decision on old records is to be made anew either way.
pub(super) fn commit(
    connection: &Connection,
    interned: &mut Interned,
    commit: &Commit,
) -> Result<Settled<CommitOutcome>, Failure> {
    if let Some(slot) = &commit.slot
        && !slots::record(connection, slot)?
    {
        return Ok(Settled::of(CommitOutcome::Conflict));
    }
    if let Some(inventory) = &commit.inventory
        && !records::record_inventory(connection, interned, inventory)?
    {
        return Ok(Settled::of(CommitOutcome::Conflict));
    }
    if let Some(controls) = &commit.controls
        && !records::record_controls(connection, controls)?
    {
        return Ok(Settled::of(CommitOutcome::Conflict));
    }
    if let Some(rollout) = &commit.rollout
        && !rollouts::record(connection, rollout)?
    {
        return Ok(Settled::of(CommitOutcome::Conflict));
    }
    if let Some(budget) = &commit.budget
        && !records::write_budget(connection, budget)?
    {
        return Ok(Settled::of(CommitOutcome::BudgetFull));
    }
    if let Some(marker) = &commit.marker {
        records::write_marker(connection, marker)?;
    }
    for built in &commit.built {
        write_built(connection, interned, built)?;
    }
    for entry in &commit.history {
        history::append(connection, entry)?;
    }
    Ok(Settled::of(CommitOutcome::Done))
}

fn write_built(
    connection: &Connection,
    interned: &mut Interned,
    write: &BuiltWrite,
) -> Result<(), Failure> {
    let application = write.application.as_str();
    let is_consumer: Option<bool> = connection
        .prepare_cached("SELECT is_consumer FROM applications WHERE name = ?1")?
        .query_row([application], |row| row.get(0))
        .optional()?;
    let package = interned.find_package(connection, &write.package)?;
    if let (Some(is_consumer), Some(package)) = (is_consumer, package) {
        connection
            .prepare_cached(
                "UPDATE edges SET built = ?5, built_as_of = ?6, built_revision = ?7
                 WHERE package = ?1 AND is_consumer = ?2 AND application = ?3 AND instance = ?4",
            )?
            .execute((
                package,
                is_consumer,
                application,
                write.instance,
                built_column(&write.built),
                write.built_as_of.unix_millis(),
                &write.built_revision,
            ))?;
    }
    Ok(())
}
