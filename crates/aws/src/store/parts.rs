//! Records that may be larger than an item: a head with the revision, and a body that stands in the head while it is
//! small, and in parts beside it beyond.
//!
//! Head and parts are written in one transaction. A part's key holds the revision it belongs to, so that a reader who
//! finds head and parts of different revisions knows it, and reads again.

#[cfg(test)]
mod tests;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use downriver_engine::ports::StoreError;

use super::item::{self, Item, Key, bytes_of, inflate, pack, permanent};
use super::table::TRANSACTION_BYTES_MAX;
use super::write::Write;

const PART_BYTES: usize = 350_000;

/// The version of a record that replaces another.
pub(super) struct Version<'a> {
    pub(super) head: Key,
    pub(super) revision: u64,
    pub(super) body: &'a str,
    /// Bodies of more bytes, once compressed, go into parts.
    pub(super) inline_bytes_max: usize,
    /// Parts of the version that is replaced.
    pub(super) parts_before: u64,
    /// What people call the record, and what they can do where it is too large.
    pub(super) what: String,
    pub(super) hint: &'static str,
}

/// The key of part `number` of a head's `revision`; it comes after the head and before the next one.
pub(super) fn part_key(head: &Key, revision: u64, number: u64) -> Key {
    Key::new(&head.pk, format!("{}~{revision:020}~{number:03}", head.sk))
}

/// Whether a sort key is that of a part, and of which head.
pub(super) fn head_of(sk: &str) -> Option<&str> {
    sk.split_once('~').map(|(head, _)| head)
}

/// Parts of the record that a head belongs to.
pub(super) fn parts(head: &Item) -> Result<u64, StoreError> {
    Ok(item::number_if_any(head, "parts")?.unwrap_or(0))
}

/// The writes that replace revision `revision - 1`.
pub(super) fn writes(version: &Version<'_>, name: &str) -> Result<Vec<Write>, StoreError> {
    let revision = version.revision;
    let replaced = revision.checked_sub(1).ok_or_else(|| {
        permanent(format!(
            "{} has revision 0: revisions count from 1",
            version.what
        ))
    })?;
    let packed = pack(version.body);
    let mut head = Write::put(version.head.clone(), [("revision", item::n(revision))])
        .named("write_name", name);
    head = if replaced == 0 {
        head.only_if("attribute_not_exists(revision)")
    } else {
        head.only_if("revision = :replaced")
            .value(":replaced", item::n(replaced))
    };
    let mut written = 0;
    let mut writes = Vec::new();
    if bytes_of(&packed) <= version.inline_bytes_max {
        head = head.with("body", packed);
    } else {
        let bytes = match packed {
            AttributeValue::B(bytes) => bytes.into_inner(),
            _ => item::deflate(version.body),
        };
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(permanent(format!(
                "{} takes {} bytes compressed, and DynamoDB writes at most 4 MB at once: {}",
                version.what,
                bytes.len(),
                version.hint
            )));
        }
        for chunk in bytes.chunks(PART_BYTES) {
            let key = part_key(&version.head, revision, written);
            let part = AttributeValue::B(Blob::new(chunk));
            writes.push(Write::put(key, [("part", part)]));
            written += 1;
        }
        head = head.with("parts", item::n(written));
    }
    writes.extend(
        (0..version.parts_before)
            .map(|number| Write::delete(part_key(&version.head, replaced, number))),
    );
    writes.insert(0, head);
    Ok(writes)
}

/// The body of a head; `None` if a part is missing, because another revision took its place meanwhile.
pub(super) fn join<'a>(
    head: &Item,
    part: impl Fn(&Key) -> Option<&'a Item>,
) -> Result<Option<String>, StoreError> {
    let count = parts(head)?;
    if count == 0 {
        let body = item::body(head, "body")?;
        return body
            .map(Some)
            .ok_or_else(|| permanent("a record has neither a body nor parts"));
    }
    let (key, revision) = (Key::of(head)?, item::number(head, "revision")?);
    let mut bytes = Vec::new();
    for number in 0..count {
        let part = part(&part_key(&key, revision, number)).and_then(|item| item.get("part"));
        let Some(AttributeValue::B(part)) = part else {
            return Ok(None);
        };
        bytes.extend_from_slice(part.as_ref());
    }
    inflate(&bytes).map(Some)
}
