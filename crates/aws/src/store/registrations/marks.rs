use downriver_domain::ApplicationId;
use downriver_engine::ports::{CommitOutcome, StoreError};

use super::super::edges::edge::pack_lines;
use super::super::edges::{Change, Head, Pending};
use super::super::item::n;
use super::super::keys;
use super::super::table::Table;
use super::super::write::Write;
use super::diff::{Diff, EdgeChange};

/// A registration that does not fit one transaction.
pub(super) async fn record(
    table: &Table,
    id: &ApplicationId,
    before: &Head,
    diff: &Diff,
    records: Vec<Write>,
) -> Result<CommitOutcome, StoreError> {
    let generation = diff.head.generation;
    let pending = |is_in_force| Pending {
        generation,
        is_in_force,
        changes: diff
            .changes
            .iter()
            .map(|change| (change.package.clone(), change.is_producer, change.change))
            .collect(),
    };
    let announced = Head {
        generation,
        pending: Some(pending(false)),
        ..before.clone()
    };
    let name = table.next_write();
    let write = announced.write_over(keys::edges_head(id), before.write.as_deref(), &name)?;
    if table.write(&[write]).await? != CommitOutcome::Done {
        return Ok(CommitOutcome::Conflict);
    }
    let marks = diff
        .changes
        .iter()
        .map(|change| Ok(vec![mark(table, id, change, generation)?]));
    let marks = marks.collect::<Result<Vec<_>, StoreError>>()?;
    let failed = table.write_each(&marks).await?;
    if failed > 0 {
        return Ok(CommitOutcome::Conflict);
    }
    let in_force_name = table.next_write();
    let in_force = Head {
        pending: Some(pending(true)),
        write: Some(in_force_name.clone()),
        ..diff.head.clone()
    };
    let mut writes =
        vec![in_force.write_over(keys::edges_head(id), Some(&name), &in_force_name)?];
    writes.extend(records);
    if table.write(&writes).await? != CommitOutcome::Done {
        return Ok(CommitOutcome::Conflict);
    }
    clear(table, id, &in_force).await?;
    Ok(CommitOutcome::Done)
}

/// Writes what comes beside what stands. A writer that was overtaken marks nothing that a later one has marked.
fn mark(
    table: &Table,
    id: &ApplicationId,
    change: &EdgeChange,
    generation: u64,
) -> Result<Write, StoreError> {
    let key = change.key(id);
    let write = if change.change == Change::Gone {
        Write::update(key, "SET ng = :generation, w = :name REMOVE ne")
    } else {
        Write::update(key, "SET ne = :edges, ng = :generation, w = :name")
            .value(":edges", pack_lines(id, &change.lines)?)
    };
    Ok(write
        .value(":generation", n(generation))
        .named("w", &table.next_write())
        .only_if("attribute_not_exists(ng) OR ng < :generation"))
}

/// Settles the marks of a registration that is in force, or takes back those of one that is not; then says on the head
/// that none is open. What others have cleared meanwhile is left alone.
pub(super) async fn clear(
    table: &Table,
    id: &ApplicationId,
    head: &Head,
) -> Result<(), StoreError> {
    let Some(pending) = &head.pending else {
        return Ok(());
    };
    let mut name = head.write.clone();
    if !pending.is_in_force {
        // Whoever is still at it finds another head from here on: what is taken back cannot come into force any more.
        let taken_over = table.next_write();
        let key = keys::edges_head(id);
        let write = head.write_over(key, name.as_deref(), &taken_over)?;
        if table.write(&[write]).await? != CommitOutcome::Done {
            return Ok(());
        }
        name = Some(taken_over);
    }
    let writes = pending
        .changes
        .iter()
        .map(|(package, is_producer, change)| {
            let key = keys::edge(package, *is_producer, id);
            let write = match (change, pending.is_in_force) {
                (Change::Gone, true) | (Change::New, false) => Write::delete(key),
                (Change::New | Change::Replaced, true) => {
                    Write::update(key, "SET e = ne, g = ng, w = :name REMOVE ne, ng")
                        .named("w", &table.next_write())
                }
                (Change::Replaced | Change::Gone, false) => {
                    Write::update(key, "SET w = :name REMOVE ne, ng")
                        .named("w", &table.next_write())
                }
            };
            write
                .value(":generation", n(pending.generation))
                .only_if("ng = :generation")
        });
    let each: Vec<Vec<Write>> = writes.map(|write| vec![write]).collect();
    table.write_each(&each).await?;
    let cleared = Head {
        pending: None,
        ..head.clone()
    };
    let key = keys::edges_head(id);
    let write = cleared.write_over(key, name.as_deref(), &table.next_write())?;
    // If it fails, somebody else has cleared, and said so.
    table.write(&[write]).await?;
    Ok(())
}
