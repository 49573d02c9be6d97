//! The history: append only, an item for each key an entry is found by.
//!
//! Two items and not one with an index: an index of its own would cost the same write, and could not be read strongly.
//! The sort key is derived from the entry and its commit, so that writing it again writes over it: time, the revision of
//! the commit's slot, the entry's place in the commit, and the hash of the entry.

use std::time::{SystemTime, UNIX_EPOCH};

use downriver_domain::Timestamp;
use downriver_engine::history::HistoryEntry;
use downriver_engine::ports::{Commit, HistoryOf, StoreError};
use downriver_engine::wire::stored::{decode_history_entry, encode_history_entry};

use super::item::{self, Key, n, pack_whole, undecoded};
use super::keys;
use super::table::{Query, Range, Table};
use super::write::Write;

const SECS_PER_DAY: u64 = 24 * 3600;

pub(super) async fn load(
    table: &Table,
    of: &HistoryOf,
    limit: usize,
) -> Result<Vec<HistoryEntry>, StoreError> {
    let pk = match of {
        HistoryOf::Application(application) => keys::history_of_application(application),
        HistoryOf::PackageVersion(package_version) => keys::history_of_version(package_version),
    };
    let query = Query {
        is_newest_first: true,
        ..Query::new(pk, Range::All)
    };
    let now = now_secs();
    let mut entries = Vec::new();
    for item in table.query(&query, limit).await? {
        // DynamoDB deletes what has expired, but only within days.
        if item::number(&item, "expires_at")? <= now {
            continue;
        }
        let body = item::body(&item, "body")?.unwrap_or_default();
        entries.push(decode_history_entry(&body).map_err(|error| undecoded(&error))?);
    }
    Ok(entries)
}

/// The writes of a commit's entries; none has a condition, and each may be repeated.
pub(super) fn writes(commit: &Commit, retention_days: u32) -> Result<Vec<Write>, StoreError> {
    let revision = commit.slot.as_ref().map_or(0, |slot| slot.revision);
    let mut writes = Vec::new();
    for (place, entry) in commit.history.iter().enumerate() {
        let body = encode_history_entry(entry);
        let sk = format!(
            "{}#{revision:020}#{place:04}#{}",
            keys::sortable(entry.at),
            keys::hash(&body)
        );
        let body = pack_whole("a history entry", &body)?;
        let expires_at = n(expiry_secs(entry.at, retention_days));
        let by_application = entry.application.as_ref().map(keys::history_of_application);
        let by_change = entry.package_version.as_ref().map(keys::history_of_version);
        for pk in by_application.into_iter().chain(by_change) {
            let attributes = [("body", body.clone()), ("expires_at", expires_at.clone())];
            writes.push(Write::put(Key::new(pk, &sk), attributes));
        }
    }
    Ok(writes)
}

fn expiry_secs(at: Timestamp, retention_days: u32) -> u64 {
    let kept = u64::from(retention_days).saturating_mul(SECS_PER_DAY);
    u64::try_from(at.plus_secs(kept).unix_millis() / 1000).unwrap_or(0)
}

/// When what is written now for so many days is forgotten.
pub(super) fn expiry_from_now(retention_days: u32) -> u64 {
    now_secs().saturating_add(u64::from(retention_days).saturating_mul(SECS_PER_DAY))
}

fn now_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
