//! Items: their keys, their attributes, and bodies that are compressed where that pays.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{Read, Write as _};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use downriver_engine::ports::StoreError;
use downriver_engine::wire::stored::DecodeError;
use downriver_engine::wire::stored::key::InvalidKey;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// A body of more bytes is compressed: one write unit is 1 KB.
const PLAIN_BYTES_MAX: usize = 1024;
/// What an item's body may take; DynamoDB allows 400 KB for the whole item.
pub(super) const BODY_BYTES_MAX: usize = 380_000;
/// A compressed body that becomes larger than this is no record of ours.
const INFLATED_BYTES_MAX: u64 = 256 << 20;

/// The attributes of an item, as the client has them.
pub(super) type Item = HashMap<String, AttributeValue>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    pub(super) fn attributes(&self) -> Item {
        Item::from([
            ("pk".to_owned(), s(&self.pk)),
            ("sk".to_owned(), s(&self.sk)),
        ])
    }

    pub(super) fn of(item: &Item) -> Result<Self, StoreError> {
        Ok(Self::new(text(item, "pk")?, text(item, "sk")?))
    }
}

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: impl Copy + Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn bool(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}

/// A body as an attribute: text while it is short, compressed beyond.
pub(super) fn pack(body: &str) -> AttributeValue {
    if body.len() <= PLAIN_BYTES_MAX {
        s(body)
    } else {
        AttributeValue::B(Blob::new(deflate(body)))
    }
}

/// A body that must fit one item; `what` names it to people.
pub(super) fn pack_whole(what: &str, body: &str) -> Result<AttributeValue, StoreError> {
    let packed = pack(body);
    let bytes = bytes_of(&packed);
    if bytes > BODY_BYTES_MAX {
        return Err(permanent(format!(
            "{what} takes {bytes} bytes compressed, and at most {BODY_BYTES_MAX} fit a DynamoDB item: split it, or take out what nobody needs"
        )));
    }
    Ok(packed)
}

pub(super) fn deflate(body: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    encoder
        .write_all(body.as_bytes())
        .expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

pub(super) fn inflate(bytes: &[u8]) -> Result<String, StoreError> {
    let mut body = String::new();
    ZlibDecoder::new(bytes)
        .take(INFLATED_BYTES_MAX)
        .read_to_string(&mut body)
        .map_err(|error| permanent(format!("a compressed body cannot be read: {error}")))?;
    Ok(body)
}

pub(super) fn unpack(packed: &AttributeValue) -> Result<String, StoreError> {
    match packed {
        AttributeValue::S(body) => Ok(body.clone()),
        AttributeValue::B(bytes) => inflate(bytes.as_ref()),
        _ => Err(permanent("a body is neither text nor bytes")),
    }
}

pub(super) fn bytes_of(packed: &AttributeValue) -> usize {
    match packed {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        _ => 1,
    }
}

/// The body in an attribute, where there is one.
pub(super) fn body(item: &Item, name: &str) -> Result<Option<String>, StoreError> {
    item.get(name).map(unpack).transpose()
}

pub(super) fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    text_if_any(item, name).ok_or_else(|| lacks(item, name, "a text"))
}

pub(super) fn text_if_any<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn number(item: &Item, name: &str) -> Result<u64, StoreError> {
    number_if_any(item, name)?.ok_or_else(|| lacks(item, name, "a number"))
}

pub(super) fn number_if_any(item: &Item, name: &str) -> Result<Option<u64>, StoreError> {
    let Some(value) = item.get(name) else {
        return Ok(None);
    };
    let number = value.as_n().ok().and_then(|number| number.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| lacks(item, name, "a number"))
}

pub(super) fn flag(item: &Item, name: &str) -> bool {
    item.get(name)
        .and_then(|value| value.as_bool().ok())
        .copied()
        .unwrap_or(false)
}

pub(super) fn permanent(text: impl Into<String>) -> StoreError {
    StoreError::Permanent(text.into())
}

pub(super) fn undecoded(error: &DecodeError) -> StoreError {
    permanent(error.to_string())
}

pub(super) fn invalid_key(error: &InvalidKey) -> StoreError {
    permanent(error.to_string())
}

/// Reads an identifier that stands in a key.
pub(super) fn parse<T>(text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse()
        .map_err(|error: T::Err| permanent(format!("a key of the table holds {error}")))
}

fn lacks(item: &Item, name: &str, kind: &str) -> StoreError {
    let key = |name| text_if_any(item, name).unwrap_or("?");
    permanent(format!(
        "the item `{}` / `{}` has no attribute `{name}` with {kind}; if a newer version of downriver wrote it, use that version",
        key("pk"),
        key("sk")
    ))
}
