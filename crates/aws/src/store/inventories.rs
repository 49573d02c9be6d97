//! The versions of a package: an item, or several, for each repository, all in the package's partition.

use std::collections::BTreeMap;

use downriver_domain::version::PackageId;
use downriver_domain::{PackageInventory, RepositoryInventory};
use downriver_engine::ports::StoreError;
use downriver_engine::wire::stored::key::parse_repository_key;
use downriver_engine::wire::stored::{decode_inventory, encode_inventory};

use super::item::{BODY_BYTES_MAX, Item, Key, bytes_of, invalid_key, pack, undecoded};
use super::keys;
use super::parts::{self, Version};
use super::table::{Query, Range, Table};
use super::write::Write;

/// From this size on, the version that is replaced may have parts, which are then deleted with it.
const LOOK_FOR_PARTS_BYTES: usize = BODY_BYTES_MAX / 2;
const READ_TRIES_MAX: u32 = 5;

pub(super) async fn load_inventory(
    table: &Table,
    package: &PackageId,
) -> Result<PackageInventory, StoreError> {
    let query = Query::new(keys::inventories_of(package), Range::All);
    for tried in 0..READ_TRIES_MAX {
        if tried > 0 {
            table.back_off(tried).await;
        }
        let mut items = BTreeMap::new();
        for item in table.query(&query, usize::MAX).await? {
            items.insert(Key::of(&item)?, item);
        }
        if let Some(inventory) = read(package, &items)? {
            return Ok(inventory);
        }
    }
    Err(StoreError::Transient(format!(
        "the inventory of `{package}` was replaced each time it was read"
    )))
}

/// `None` if a record was replaced while its items were read.
fn read(
    package: &PackageId,
    items: &BTreeMap<Key, Item>,
) -> Result<Option<PackageInventory>, StoreError> {
    let mut inventory = PackageInventory {
        package: package.clone(),
        repositories: BTreeMap::new(),
    };
    for (key, head) in items {
        if parts::head_of(&key.sk).is_some() {
            continue;
        }
        let Some(body) = parts::join(head, |key| items.get(key))? else {
            return Ok(None);
        };
        let repository = parse_repository_key(&key.sk).map_err(|error| invalid_key(&error))?;
        let record = decode_inventory(&body).map_err(|error| undecoded(&error))?;
        inventory.repositories.insert(repository, record);
    }
    Ok(Some(inventory))
}

/// The writes that replace the record before this one.
pub(super) async fn writes(
    table: &Table,
    inventory: &RepositoryInventory,
    name: &str,
) -> Result<Vec<Write>, StoreError> {
    let head = keys::inventory(&inventory.package, &inventory.repository);
    let body = encode_inventory(inventory);
    let parts_before = if bytes_of(&pack(&body)) > LOOK_FOR_PARTS_BYTES {
        table
            .get(&head)
            .await?
            .as_ref()
            .map_or(Ok(0), parts::parts)?
    } else {
        0
    };
    let version = Version {
        head,
        revision: inventory.record_revision,
        body: &body,
        inline_bytes_max: BODY_BYTES_MAX,
        parts_before,
        what: format!(
            "the inventory of `{}` in `{}`",
            inventory.package, inventory.repository
        ),
        hint: "delete versions from the repository that nobody uses any more",
    };
    parts::writes(&version, name)
}
