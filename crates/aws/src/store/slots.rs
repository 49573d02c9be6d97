//! An application and its slot: one item, so that one read gives both and one conditional write is a decision.
//!
//! The sparse attributes of the indexes stand on it. `due` and `busy` change with almost every decision and are spread
//! over [`keys::SHARDS`] partitions, whose lists are merged; `waiting` changes only when a slot begins or ends to wait,
//! and is one partition for each thing waited for, read by one query whenever that opens.

use std::collections::BTreeSet;

use downriver_domain::slot::{Slot, SlotState, WaitingFor};
use downriver_domain::{ApplicationId, Timestamp};
use downriver_engine::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, StoreError};
use downriver_engine::wire::stored::{decode_application, decode_slot, encode_slot};
use futures::future::try_join_all;

use super::item::{self, Item, n, pack_whole, parse, permanent, s, undecoded};
use super::keys;
use super::table::{Query, Range, Table};
use super::write::Write;

pub(super) async fn load_applications(
    table: &Table,
    ids: &[ApplicationId],
) -> Result<Vec<ApplicationState>, StoreError> {
    if ids.len() > LOAD_APPLICATIONS_MAX {
        return Err(permanent(format!(
            "{} applications asked for at once, at most {LOAD_APPLICATIONS_MAX} are read",
            ids.len()
        )));
    }
    let items = table.get_all(ids.iter().map(keys::state).collect()).await?;
    let states = ids.iter().filter_map(|id| {
        let item = items.get(&keys::state(id))?;
        read_state(id, item).transpose()
    });
    states.collect()
}

/// `None` for a slot whose application was never registered, and for a removed application that never had a slot.
fn read_state(id: &ApplicationId, item: &Item) -> Result<Option<ApplicationState>, StoreError> {
    let (application, slot) = (
        item::body(item, "app_body")?,
        item::body(item, "slot_body")?,
    );
    let is_registered = item::flag(item, "is_registered");
    let Some(application) = application.filter(|_| is_registered || slot.is_some()) else {
        return Ok(None);
    };
    Ok(Some(ApplicationState {
        application: decode_application(&application).map_err(|error| undecoded(&error))?,
        slot: match slot {
            Some(slot) => decode_slot(&slot).map_err(|error| undecoded(&error))?,
            None => Slot::new(id.clone()),
        },
        is_registered,
    }))
}

/// Replaces revision `revision - 1`.
pub(super) fn slot_write(slot: &Slot, name: &str) -> Result<Write, StoreError> {
    let application = &slot.application;
    let what = format!("the slot of `{application}`");
    let replaced = slot
        .revision
        .checked_sub(1)
        .ok_or_else(|| permanent(format!("{what} has revision 0: revisions count from 1")))?;
    let indexed = Indexed::of(slot);
    let mut set = vec![
        "slot_body = :body".to_owned(),
        "slot_revision = :revision".to_owned(),
        "slot_write = :name".to_owned(),
    ];
    let mut remove = Vec::new();
    for (attribute, value) in &indexed.0 {
        match value {
            Some(_) => set.push(format!("{attribute} = :{attribute}")),
            None => remove.push(*attribute),
        }
    }
    let mut expression = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        expression = format!("{expression} REMOVE {}", remove.join(", "));
    }
    let mut write = Write::update(keys::state(application), expression)
        .value(":body", pack_whole(&what, &encode_slot(slot))?)
        .value(":revision", n(slot.revision))
        .named("slot_write", name);
    for (attribute, value) in indexed.0 {
        if let Some(value) = value {
            write = write.value(&format!(":{attribute}"), s(value));
        }
    }
    Ok(if replaced == 0 {
        write.only_if("attribute_not_exists(slot_revision)")
    } else {
        write
            .only_if("slot_revision = :replaced")
            .value(":replaced", n(replaced))
    })
}

/// Keys of the three indexes; without them an item is not listed.
struct Indexed([(&'static str, Option<String>); 6]);

impl Indexed {
    fn of(slot: &Slot) -> Self {
        let application = &slot.application;
        let shard = keys::shard_of(application);
        let is_busy = !matches!(slot.state, SlotState::Idle);
        let waiting = slot.waiting_for().zip(slot.rebuild());
        Self([
            ("due_pk", slot.wake_at.map(|_| keys::due_pk(shard))),
            (
                "due_sk",
                slot.wake_at.map(|at| keys::timed_sk(at, application)),
            ),
            (
                "waiting_pk",
                waiting.as_ref().map(|(on, _)| keys::waiting_pk(on)),
            ),
            (
                "waiting_sk",
                waiting.map(|(_, rebuild)| keys::timed_sk(rebuild.requested_at, application)),
            ),
            ("busy_pk", is_busy.then(|| keys::busy_pk(shard))),
            ("busy_sk", is_busy.then(|| application.to_string())),
        ])
    }
}

pub(super) async fn list_due(
    table: &Table,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let query =
        |shard| Query::of_index("due", keys::due_pk(shard), Range::Before(keys::end_of(now)));
    let due = list_shards(table, "due_sk", query, limit).await?;
    let ids = due.iter().map(|sk| Ok(timed(sk)?.1));
    ids.collect()
}

pub(super) async fn list_busy(
    table: &Table,
    after: Option<&ApplicationId>,
    limit: usize,
) -> Result<Vec<ApplicationId>, StoreError> {
    let range = after.map_or(Range::All, |after| Range::After(after.to_string()));
    let query = |shard| Query::of_index("busy", keys::busy_pk(shard), range.clone());
    let busy = list_shards(table, "busy_sk", query, limit).await?;
    busy.iter().map(|id| parse(id)).collect()
}

/// The first `limit` sort keys of all shards, in order.
async fn list_shards(
    table: &Table,
    attribute: &str,
    query: impl Fn(u8) -> Query,
    limit: usize,
) -> Result<BTreeSet<String>, StoreError> {
    let queries: Vec<Query> = (0..keys::SHARDS).map(query).collect();
    let shards = try_join_all(queries.iter().map(|query| table.query(query, limit))).await?;
    let mut listed = BTreeSet::new();
    for item in shards.iter().flatten() {
        listed.insert(item::text(item, attribute)?.to_owned());
    }
    Ok(listed.into_iter().take(limit).collect())
}

pub(super) async fn list_waiting(
    table: &Table,
    waiting_for: &WaitingFor,
    after: Option<&(Timestamp, ApplicationId)>,
    limit: usize,
) -> Result<Vec<(Timestamp, ApplicationId)>, StoreError> {
    let range = after.map_or(Range::All, |(at, application)| {
        Range::After(keys::timed_sk(*at, application))
    });
    let query = Query::of_index("waiting", keys::waiting_pk(waiting_for), range);
    let items = table.query(&query, limit).await?;
    let waiting = items
        .iter()
        .map(|item| timed(item::text(item, "waiting_sk")?));
    waiting.collect()
}

fn timed(sk: &str) -> Result<(Timestamp, ApplicationId), StoreError> {
    keys::parse_timed_sk(sk).ok_or_else(|| {
        permanent(format!(
            "`{}` is no instant and application",
            sk.escape_debug()
        ))
    })
}

/// The revision of the slot that stands; 0 if there is none.
pub(super) async fn load_revision(
    table: &Table,
    application: &ApplicationId,
) -> Result<u64, StoreError> {
    let item = table.get(&keys::state(application)).await?;
    let revision = item.map_or(Ok(None), |item| item::number_if_any(&item, "slot_revision"))?;
    Ok(revision.unwrap_or(0))
}
