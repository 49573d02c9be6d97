//! What `sweep` found by its checks, and when the last event of each domain was accepted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use downriver_domain::{AccountId, DomainName, Timestamp};
use downriver_engine::doctor::Checkup;
use downriver_engine::ports::{CommitOutcome, HEARD_EVERY_SECS, Heard, StoreError};
use downriver_engine::wire::stored::{decode_checkup, encode_checkup};

use super::item::{self, Item, n, pack_whole, parse, permanent, undecoded};
use super::keys;
use super::table::{Query, Range, Table};
use super::write::Write;

/// What this process wrote last, so that not every batch of events writes.
#[derive(Debug, Default)]
pub(super) struct HeardCache(Mutex<BTreeMap<(AccountId, DomainName), Timestamp>>);

impl HeardCache {
    fn is_news(&self, heard: &Heard) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = known.get(&(heard.domain_owner.clone(), heard.domain.clone()));
        written.is_none_or(|at| heard.at.secs_since(*at) >= HEARD_EVERY_SECS)
    }

    fn put(&self, heard: &Heard) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((heard.domain_owner.clone(), heard.domain.clone()), heard.at);
    }
}

/// One write for each domain in five minutes and process, however many events there are. Nothing is read for it.
pub(super) async fn record_heard(
    table: &Table,
    cache: &HeardCache,
    heard: &[Heard],
) -> Result<(), StoreError> {
    for heard in heard.iter().filter(|heard| cache.is_news(heard)) {
        let at = n(heard.at.unix_millis());
        let write = Write::put(keys::heard(heard), [("heard_at", at.clone())])
            .only_if("attribute_not_exists(heard_at) OR heard_at < :at")
            .value(":at", at);
        // A conflict means that somebody else heard later.
        table.write(&[write]).await?;
        cache.put(heard);
    }
    Ok(())
}

pub(super) async fn load_heard(table: &Table) -> Result<Vec<Heard>, StoreError> {
    let query = Query::new(keys::HEARD, Range::All);
    let items = table.query(&query, usize::MAX).await?;
    items.iter().map(heard).collect()
}

fn heard(item: &Item) -> Result<Heard, StoreError> {
    let sk = item::text(item, "sk")?;
    let (owner, domain) = sk.split_once('/').ok_or_else(|| {
        permanent(format!(
            "a key of the table holds `{sk}`, which is no domain"
        ))
    })?;
    let at = item::number(item, "heard_at")?;
    Ok(Heard {
        domain_owner: parse(owner)?,
        domain: parse(domain)?,
        at: Timestamp::from_unix_millis(i64::try_from(at).unwrap_or(i64::MAX)),
    })
}

pub(super) async fn load_checkup(table: &Table) -> Result<Checkup, StoreError> {
    match table.get(&keys::checkup()).await? {
        Some(head) => decode_checkup(&item::body(&head, "body")?.unwrap_or_default())
            .map_err(|error| undecoded(&error)),
        None => Ok(Checkup::default()),
    }
}

pub(super) async fn record_checkup(
    table: &Table,
    checkup: &Checkup,
) -> Result<CommitOutcome, StoreError> {
    let replaced = checkup
        .revision
        .checked_sub(1)
        .ok_or_else(|| permanent("the checkup has revision 0: revisions count from 1"))?;
    let body = pack_whole("the checkup", &encode_checkup(checkup))?;
    let attributes = [("revision", n(checkup.revision)), ("body", body)];
    let write = Write::put(keys::checkup(), attributes).named("write_name", &table.next_write());
    let write = if replaced == 0 {
        write.only_if("attribute_not_exists(revision)")
    } else {
        write
            .only_if("revision = :replaced")
            .value(":replaced", n(replaced))
    };
    table.write(&[write]).await
}
