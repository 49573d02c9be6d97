//! The conditional write of every decision.

use downriver_engine::ports::{Commit, CommitOutcome, StoreError};

use super::table::{ACTIONS_MAX, TRANSACTION_BYTES_MAX, Table};
use super::write::Write;
use super::{edges, history, inventories, records, rollouts, slots};

/// All of a commit in one write or one transaction.
///
/// What does not fit one transaction is written before it, edge by edge and entry by entry: built versions first, then
/// history. Both may be repeated. So that no decision is half written that was made on an old slot, its revision is
/// looked at before; what then still gets in between leaves built versions of an execution that has ended in any case.
pub(super) async fn commit(
    table: &Table,
    retention_days: u32,
    commit: &Commit,
) -> Result<CommitOutcome, StoreError> {
    let name = table.next_write();
    let mut writes = Vec::new();
    if let Some(slot) = &commit.slot {
        writes.push(slots::slot_write(slot, &name)?);
    }
    if let Some(inventory) = &commit.inventory {
        writes.extend(inventories::writes(table, inventory, &name).await?);
    }
    if let Some(controls) = &commit.controls {
        writes.push(records::controls_write(controls, &name)?);
    }
    if let Some(rollout) = &commit.rollout {
        writes.push(rollouts::write(rollout, retention_days, &name)?);
    }
    writes.extend(commit.budget.as_ref().map(records::budget_write));
    writes.extend(commit.marker.as_ref().map(records::marker_write));
    let built = edges::built_writes(table, &commit.built, &name).await?;
    writes.extend(built.checks.iter().cloned());
    let mut repeatable = history::writes(commit, retention_days)?;
    repeatable.extend(built.writes);
    let early = repeatable.split_off(fitting(&writes, &repeatable));
    writes.extend(repeatable);
    if !early.is_empty() {
        let outcome = write_early(table, commit, early, &built.checks).await?;
        if outcome != CommitOutcome::Done {
            return Ok(outcome);
        }
    }
    table.write(&writes).await
}

async fn write_early(
    table: &Table,
    commit: &Commit,
    early: Vec<Write>,
    checks: &[Write],
) -> Result<CommitOutcome, StoreError> {
    if let Some(slot) = &commit.slot
        && slots::load_revision(table, &slot.application).await? + 1 != slot.revision
    {
        return Ok(CommitOutcome::Conflict);
    }
    let early = early.into_iter().map(|write| {
        let checks = checks.iter().cloned();
        checks.chain([write]).collect()
    });
    let early: Vec<Vec<Write>> = early.collect();
    Ok(if table.write_each(&early).await? == 0 {
        CommitOutcome::Done
    } else {
        CommitOutcome::Conflict
    })
}

/// How many of `repeatable` fit one transaction together with `writes`.
fn fitting(writes: &[Write], repeatable: &[Write]) -> usize {
    let mut bytes: usize = writes.iter().map(Write::bytes).sum();
    let fitting = repeatable.iter().take_while(|write| {
        bytes += write.bytes();
        bytes <= TRANSACTION_BYTES_MAX
    });
    fitting
        .count()
        .min(ACTIONS_MAX.saturating_sub(writes.len()))
}
