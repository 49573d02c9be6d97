//! Topology, controls, markers, budgets, and whose table this is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::AttributeValue;
use downriver_domain::slot::{ActiveProducer, Controls};
use downriver_domain::{RebuildId, Target, Topology};
use downriver_engine::ports::{BudgetWrite, CommitOutcome, MarkerWrite, StoreError};
use downriver_engine::wire::stored::{
    decode_active_producer, decode_controls, decode_topology, encode_active_producer,
    encode_controls, encode_topology,
};

use super::item::{self, Item, Key, n, pack_whole, parse, permanent, s, undecoded};
use super::keys;
use super::parts::{self, Version};
use super::table::{Query, Range, Table};
use super::write::{Guard, Write};

/// A head of at most this many bytes is read with one read unit (4 KB).
const TOPOLOGY_INLINE_BYTES_MAX: usize = 3_000;
/// Tries to read head and parts of one revision.
const READ_TRIES_MAX: u32 = 5;

/// The topology that was decoded last, and the write it stands from.
#[derive(Debug, Default)]
pub(super) struct TopologyCache(Mutex<Option<(String, Arc<Topology>)>>);

impl TopologyCache {
    fn get(&self, write: &str) -> Option<Arc<Topology>> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, topology) = cached.as_ref()?;
        (known == write).then(|| Arc::clone(topology))
    }

    fn put(&self, write: &str, topology: &Arc<Topology>) {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *cached = Some((write.to_owned(), Arc::clone(topology)));
    }
}

pub(super) async fn load_topology(
    table: &Table,
    cache: &TopologyCache,
) -> Result<Arc<Topology>, StoreError> {
    for tried in 0..READ_TRIES_MAX {
        if tried > 0 {
            table.back_off(tried).await;
        }
        let Some(head) = table.get(&keys::topology()).await? else {
            return Ok(Arc::default());
        };
        let write = item::text(&head, "write_name")?;
        if let Some(topology) = cache.get(write) {
            return Ok(topology);
        }
        let parts = load_parts(table, &head).await?;
        if let Some(body) = parts::join(&head, |key| parts.get(key))? {
            let topology = Arc::new(decode_topology(&body).map_err(|error| undecoded(&error))?);
            cache.put(write, &topology);
            return Ok(topology);
        }
    }
    Err(StoreError::Transient(
        "the topology was replaced each time it was read".to_owned(),
    ))
}

async fn load_parts(table: &Table, head: &Item) -> Result<BTreeMap<Key, Item>, StoreError> {
    let revision = item::number(head, "revision")?;
    let key = |number| parts::part_key(&keys::topology(), revision, number);
    let keys: BTreeSet<Key> = (0..parts::parts(head)?).map(key).collect();
    table.get_all(keys).await
}

pub(super) async fn record_topology(
    table: &Table,
    topology: &Topology,
) -> Result<CommitOutcome, StoreError> {
    let head = table.get(&keys::topology()).await?;
    let version = Version {
        head: keys::topology(),
        revision: topology.revision,
        body: &encode_topology(topology),
        inline_bytes_max: TOPOLOGY_INLINE_BYTES_MAX,
        parts_before: head.as_ref().map_or(Ok(0), parts::parts)?,
        what: "the topology".to_owned(),
        hint: "divide the catalog over several deployments",
    };
    let writes = parts::writes(&version, &table.next_write())?;
    table.write(&writes).await
}

pub(super) async fn load_controls(table: &Table) -> Result<Controls, StoreError> {
    match table.get(&keys::controls()).await? {
        Some(head) => decode_controls(&item::body(&head, "body")?.unwrap_or_default())
            .map_err(|error| undecoded(&error)),
        None => Ok(Controls::default()),
    }
}

pub(super) fn controls_write(controls: &Controls, name: &str) -> Result<Write, StoreError> {
    let replaced = controls
        .revision
        .checked_sub(1)
        .ok_or_else(|| permanent("the controls have revision 0: revisions count from 1"))?;
    let body = pack_whole("the controls record", &encode_controls(controls))?;
    let attributes = [("revision", n(controls.revision)), ("body", body)];
    let write = Write::put(keys::controls(), attributes).named("write_name", name);
    Ok(if replaced == 0 {
        write.only_if("attribute_not_exists(revision)")
    } else {
        write
            .only_if("revision = :replaced")
            .value(":replaced", n(replaced))
    })
}

pub(super) async fn load_active_producers(
    table: &Table,
) -> Result<Vec<ActiveProducer>, StoreError> {
    let query = Query::new(keys::PRODUCERS, Range::All);
    let items = table.query(&query, usize::MAX).await?;
    let markers = items.iter().map(|marker| {
        let body = item::body(marker, "body")?.unwrap_or_default();
        decode_active_producer(&body).map_err(|error| undecoded(&error))
    });
    markers.collect()
}

pub(super) fn marker_write(marker: &MarkerWrite) -> Write {
    match marker {
        MarkerWrite::Put(producer) => {
            let body = s(encode_active_producer(producer));
            Write::put(keys::marker(&producer.application), [("body", body)])
        }
        MarkerWrite::Remove(application) => Write::delete(keys::marker(application)),
    }
}

pub(super) async fn load_budget(
    table: &Table,
    target: &Target,
) -> Result<BTreeSet<RebuildId>, StoreError> {
    let Some(budget) = table.get(&keys::budget(target)).await? else {
        return Ok(BTreeSet::new());
    };
    match budget.get("holders") {
        Some(AttributeValue::Ss(holders)) => holders.iter().map(|id| parse(id)).collect(),
        // DynamoDB removes a set with its last member.
        _ => Ok(BTreeSet::new()),
    }
}

/// Taking a place is safe to repeat: whoever holds one has taken it.
pub(super) fn budget_write(budget: &BudgetWrite) -> Write {
    let set = |id: &RebuildId| AttributeValue::Ss(vec![id.to_string()]);
    match budget {
        BudgetWrite::Take {
            target,
            rebuild,
            executions_in_flight_max,
        } => {
            let take = Write::update(keys::budget(target), "ADD holders :holder")
                .value(":holder", set(rebuild))
                .value(":rebuild", s(rebuild.as_str()))
                .guarding(Guard::Budget);
            if *executions_in_flight_max == 0 {
                return take.only_if("contains(holders, :rebuild)");
            }
            take.only_if(
                "attribute_not_exists(holders) OR contains(holders, :rebuild) OR size(holders) < :max",
            )
            .value(":max", n(executions_in_flight_max))
        }
        BudgetWrite::Return { target, rebuild } => {
            Write::update(keys::budget(target), "DELETE holders :holder")
                .value(":holder", set(rebuild))
        }
    }
}

/// Whether another table than this one wrote its id into it: it was restored from that one's backup.
pub(super) async fn is_restored(table: &Table) -> Result<bool, StoreError> {
    let own = table.describe_id().await?;
    if let Some(identity) = table.get(&keys::identity()).await? {
        return Ok(item::text(&identity, "table_id")? != own);
    }
    // A new table. If somebody else is first, it is this same table's id that he writes.
    let claim = Write::put(keys::identity(), [("table_id", s(own))])
        .only_if("attribute_not_exists(table_id)");
    table.write(&[claim]).await?;
    Ok(false)
}

pub(super) async fn record_compared(table: &Table) -> Result<(), StoreError> {
    let own = table.describe_id().await?;
    let claim = Write::put(keys::identity(), [("table_id", s(own))]);
    table.write(&[claim]).await?;
    Ok(())
}
