//! How changes spread: one item for each. Those that are not over stand in the index `busy`, in a partition of their own.

use downriver_domain::Rollout;
use downriver_domain::version::PackageVersionId;
use downriver_engine::ports::{LOAD_ROLLOUTS_MAX, StoreError};
use downriver_engine::wire::stored::key::{package_version_key, parse_package_version_key};
use downriver_engine::wire::stored::{decode_rollout, encode_rollout};

use super::history::expiry_from_now;
use super::item::{self, Item, Key, n, pack_whole, permanent, s, undecoded};
use super::keys;
use super::table::{Query, Range, Table};
use super::write::Write;

pub(super) async fn load(
    table: &Table,
    changes: &[PackageVersionId],
) -> Result<Vec<Rollout>, StoreError> {
    if changes.len() > LOAD_ROLLOUTS_MAX {
        return Err(permanent(format!(
            "{} rollouts asked for at once, at most {LOAD_ROLLOUTS_MAX} are read",
            changes.len()
        )));
    }
    let items = table
        .get_all(changes.iter().map(keys::rollout).collect())
        .await?;
    items.values().map(read).collect()
}

fn read(item: &Item) -> Result<Rollout, StoreError> {
    let body = item::body(item, "body")?.unwrap_or_default();
    decode_rollout(&body).map_err(|error| undecoded(&error))
}

/// The index gives the keys; which change it is, also of a long name, stands in the item.
pub(super) async fn list_open(
    table: &Table,
    after: Option<&PackageVersionId>,
    limit: usize,
) -> Result<Vec<PackageVersionId>, StoreError> {
    let range = after.map_or(Range::All, |after| Range::After(keys::rollout_sk(after)));
    let query = Query::of_index("busy", keys::OPEN_ROLLOUTS.to_owned(), range);
    let listed = table.query(&query, limit).await?;
    let in_order: Vec<Key> = listed.iter().map(Key::of).collect::<Result<_, _>>()?;
    let items = table.get_all(in_order.iter().cloned().collect()).await?;
    in_order
        .iter()
        .filter_map(|key| items.get(key))
        .map(|item| {
            let key = item::text(item, "change")?;
            parse_package_version_key(key).map_err(|error| permanent(error.to_string()))
        })
        .collect()
}

/// Replaces revision `revision - 1`. One that is over is forgotten with the history.
pub(super) fn write(
    rollout: &Rollout,
    retention_days: u32,
    name: &str,
) -> Result<Write, StoreError> {
    let change = &rollout.package_version;
    let what = format!("the rollout of `{change}`");
    let replaced = rollout
        .revision
        .checked_sub(1)
        .ok_or_else(|| permanent(format!("{what} has revision 0: revisions count from 1")))?;
    let attributes = [
        ("change", s(package_version_key(change))),
        ("revision", n(rollout.revision)),
        ("body", pack_whole(&what, &encode_rollout(rollout))?),
    ];
    let mut write = Write::put(keys::rollout(change), attributes).named("write_name", name);
    write = if rollout.is_over {
        write.with("expires_at", n(expiry_from_now(retention_days)))
    } else {
        write
            .with("busy_pk", s(keys::OPEN_ROLLOUTS))
            .with("busy_sk", s(keys::rollout_sk(change)))
    };
    Ok(if replaced == 0 {
        write.only_if("attribute_not_exists(revision)")
    } else {
        write
            .only_if("revision = :replaced")
            .value(":replaced", n(replaced))
    })
}
