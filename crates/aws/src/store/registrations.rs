//! Applications in and out of the catalog, with all their dependencies.
//!
//! The usual registration changes few packages and is one transaction. One that does not fit is done in steps, each of
//! which is safe to repeat and to be left at: announce it on the head, mark the edges, replace the head (from here on it
//! is in force), settle the marks, say so on the head. Whoever registers next finishes or undoes what was left half-way;
//! a writer that was overtaken so finds the head changed, and begins again.

mod diff;
mod marks;

use downriver_domain::{Application, ApplicationId, Pipeline};
use downriver_engine::ports::{CommitOutcome, Registration, StoreError};
use downriver_engine::wire::stored::{decode_application, encode_application};

use self::diff::Diff;
use super::edges::{self, Head, Read};
use super::item::{self, Item, pack_whole, parse, undecoded};
use super::keys;
use super::table::{ACTIONS_MAX, Query, Range, TRANSACTION_BYTES_MAX, Table};
use super::write::Write;

/// Tries against other registrations of the same application.
const TRIES_MAX: u32 = 6;

/// What stands before a registration.
struct Before {
    /// As it was last registered, removed since or not.
    application: Option<Application>,
    is_registered: bool,
    read: Read,
}

/// Registers or replaces an application, or removes it.
pub(super) async fn record(
    table: &Table,
    application: &ApplicationId,
    registration: Option<&Registration>,
) -> Result<(), StoreError> {
    for tried in 0..TRIES_MAX {
        if tried > 0 {
            table.back_off(tried).await;
        }
        if try_record(table, application, registration).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(StoreError::Transient(format!(
        "others registered `{application}` at the same time"
    )))
}

async fn try_record(
    table: &Table,
    id: &ApplicationId,
    registration: Option<&Registration>,
) -> Result<CommitOutcome, StoreError> {
    let mut before = load_before(table, id).await?;
    if before.read.head.pending.is_some() {
        marks::clear(table, id, &before.read.head).await?;
        before = load_before(table, id).await?;
    }
    let Some(stored) = edges::read_listed(table, id, before.read.head.clone()).await? else {
        return Ok(CommitOutcome::Conflict);
    };
    before.read = stored;
    let diff = Diff::between(&before.read, registration);
    let records = record_writes(id, &before, registration)?;
    if !diff.is_change() && records.is_empty() {
        return Ok(CommitOutcome::Done);
    }
    let name = table.next_write();
    let replaced = before.read.head.write.as_deref();
    let head = diff
        .head
        .write_over(keys::edges_head(id), replaced, &name)?;
    let mut writes = vec![head];
    writes.extend(records.iter().cloned());
    writes.extend(diff.edge_writes(id, &name)?);
    let bytes: usize = writes.iter().map(Write::bytes).sum();
    if writes.len() <= ACTIONS_MAX && bytes <= TRANSACTION_BYTES_MAX {
        return table.write(&writes).await;
    }
    marks::record(table, id, &before.read.head, &diff, records).await
}

/// Without edges.
async fn load_before(table: &Table, id: &ApplicationId) -> Result<Before, StoreError> {
    let (state, head) = (keys::state(id), keys::edges_head(id));
    let items = table.get_all([state.clone(), head.clone()].into()).await?;
    let state = items.get(&state);
    let body = state.map_or(Ok(None), |state: &Item| item::body(state, "app_body"))?;
    Ok(Before {
        application: body
            .map(|body| decode_application(&body).map_err(|error| undecoded(&error)))
            .transpose()?,
        is_registered: state.is_some_and(|state| item::flag(state, "is_registered")),
        read: Read {
            head: Head::of(items.get(&head))?,
            edges: Vec::new(),
        },
    })
}

/// What is written besides edges. The condition on the head covers all of it.
fn record_writes(
    id: &ApplicationId,
    before: &Before,
    registration: Option<&Registration>,
) -> Result<Vec<Write>, StoreError> {
    match (&before.application, registration) {
        (Some(application), None) if before.is_registered => Ok(vec![
            Write::update(keys::state(id), "SET is_registered = :is_registered")
                .value(":is_registered", item::bool(false)),
            Write::delete(keys::listed(id)),
            pipeline_write(&application.pipeline, id, false),
        ]),
        (_, None) => Ok(Vec::new()),
        (Some(known), Some(wanted)) if before.is_registered && *known == wanted.application => {
            Ok(Vec::new())
        }
        (known, Some(wanted)) => {
            let application = &wanted.application;
            let what = format!("the application `{id}`");
            let body = pack_whole(&what, &encode_application(application))?;
            let expression = "SET app_body = :body, is_registered = :is_registered";
            let mut writes = vec![
                Write::update(keys::state(id), expression)
                    .value(":body", body)
                    .value(":is_registered", item::bool(true)),
            ];
            if !before.is_registered {
                writes.push(Write::put(keys::listed(id), []));
            }
            let moved_from = known
                .as_ref()
                .map(|known| &known.pipeline)
                .filter(|pipeline| **pipeline != application.pipeline);
            writes.extend(moved_from.map(|pipeline| Write::delete(keys::pipeline(pipeline, id))));
            if moved_from.is_some() || !before.is_registered {
                writes.push(pipeline_write(&application.pipeline, id, true));
            }
            Ok(writes)
        }
    }
}

fn pipeline_write(pipeline: &Pipeline, id: &ApplicationId, is_registered: bool) -> Write {
    let attributes = [("is_registered", item::bool(is_registered))];
    Write::put(keys::pipeline(pipeline, id), attributes)
}

pub(super) async fn list(
    table: &Table,
    after: Option<&ApplicationId>,
    limit: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let range = after.map_or(Range::All, |after| Range::After(after.to_string()));
    let items = table
        .query(&Query::new(keys::APPLICATIONS, range), limit)
        .await?;
    let ids = items.iter().map(|item| parse(item::text(item, "sk")?));
    ids.collect()
}

/// A registered application comes before a removed one.
pub(super) async fn find_by_pipeline(
    table: &Table,
    pipeline: &Pipeline,
) -> Result<Option<ApplicationId>, StoreError> {
    let query = Query::new(keys::pipeline_of(pipeline), Range::All);
    let items = table.query(&query, usize::MAX).await?;
    let found = items
        .iter()
        .min_by_key(|item| !item::flag(item, "is_registered"));
    found.map(|item| parse(item::text(item, "sk")?)).transpose()
}
