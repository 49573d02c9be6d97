//! TOML to values that borrow from the file.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::lines::Lines;
use crate::reading::Problem;

/// A text that borrows from the file where it can: where it stood there tells its line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A text, or a table that says more.
#[derive(Debug)]
pub(super) enum TextOr<'a, T> {
    Text(Cow<'a, str>),
    Table(T),
}

struct TextOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
    type Value = TextOr<'de, T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or a table")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Table)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

/// One text or table, or several.
#[derive(Debug)]
pub(super) struct Several<'a, T>(pub(super) Vec<TextOr<'a, T>>);

struct SeveralVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SeveralVisitor<T> {
    type Value = Several<'de, T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text, a table, or a list of them")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Several(vec![TextOr::Text(Cow::Borrowed(text))]))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Several(vec![TextOr::Text(Cow::Owned(text.to_owned()))]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let table = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Several(vec![TextOr::Table(table)]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Several)
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Several<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}

/// Bytes that are read at once: what TOML says takes some ten times the room of its text.
const AT_ONCE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Reads a lockfile that is a long list of tables `[[head]]`: piece by piece, so that only one package's wheels and hashes
/// are in memory at a time. Whatever does not come apart well is read as a whole; its error is the one that is told.
pub(super) fn read_pieces<'a, T: Deserialize<'a>>(
    path: &str,
    text: &'a str,
    head: &str,
) -> Result<Vec<T>, Problem> {
    read_pieces_within(path, text, head, AT_ONCE_BYTES_MAX)
}

fn read_pieces_within<'a, T: Deserialize<'a>>(
    path: &str,
    text: &'a str,
    head: &str,
    at_once_max: usize,
) -> Result<Vec<T>, Problem> {
    let mut read = Vec::new();
    let mut start = 0;
    for piece in pieces(text, head) {
        check_length(path, piece, at_once_max)?;
        match toml::from_str(piece) {
            Ok(piece) => read.push(piece),
            Err(_) if text.len() <= at_once_max => {
                return toml::from_str(text)
                    .map(|whole| vec![whole])
                    .map_err(|error| problem(path, text, 0, &error));
            }
            Err(error) => return Err(problem(path, text, start, &error)),
        }
        start += piece.len();
    }
    Ok(read)
}

fn check_length(path: &str, text: &str, bytes_max: usize) -> Result<(), Problem> {
    if text.len() <= bytes_max {
        return Ok(());
    }
    let what = format!(
        "has {} bytes of TOML in one piece: at most {bytes_max} are read",
        text.len()
    );
    Err(Problem::new(path, None, what))
}

/// Cut before each line `[[head]]` and each header of another table. A line that only looks so (in a text of several
/// lines) gives pieces that are no TOML.
fn pieces<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut is_metadata = text.starts_with(METADATA);
    for at in memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline + 1) {
        let rest = &text[at..];
        let is_cut = if rest.starts_with('[') {
            let name = rest.trim_start_matches('[').strip_prefix(head);
            let is_part = name.is_some_and(|rest| rest.starts_with('.'));
            is_metadata = if is_part {
                is_metadata
            } else {
                rest.starts_with(METADATA)
            };
            !is_part
        } else {
            let is_key =
                rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '"');
            is_metadata && is_key && at - start > METADATA_BYTES_MAX
        };
        if is_cut {
            pieces.push(&text[start..at]);
            start = at;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// The tables in which older lockfiles have the hashes of all packages at the end: nothing of them is wanted, but they are
/// as large as the rest, so they come apart between two keys too.
const METADATA: &str = "[metadata.";

/// Bytes of such a table that are read at once.
const METADATA_BYTES_MAX: usize = 64 * 1024;

/// A whole document whose values tell where they stand.
pub(super) fn parse<'a>(path: &str, text: &'a str) -> Result<DeTable<'a>, Problem> {
    check_length(path, text, AT_ONCE_BYTES_MAX)?;
    DeTable::parse(text)
        .map(Spanned::into_inner)
        .map_err(|error| problem(path, text, 0, &error))
}

/// The table at the end of this way.
pub(super) fn table_at<'t, 'i>(table: &'t DeTable<'i>, way: &[&str]) -> Option<&'t DeTable<'i>> {
    way.iter()
        .try_fold(table, |table, key| table.get(*key)?.get_ref().as_table())
}

/// The value at the end of this way.
pub(super) fn value_at<'t, 'i>(
    table: &'t DeTable<'i>,
    way: &[&str],
) -> Option<&'t Spanned<DeValue<'i>>> {
    let (last, way) = way.split_last()?;
    table_at(table, way)?.get(*last)
}

pub(super) fn text_at<'t>(table: &'t DeTable<'_>, way: &[&str]) -> Option<&'t str> {
    value_at(table, way)?.get_ref().as_str()
}

pub(super) fn flag_at(table: &DeTable<'_>, way: &[&str]) -> Option<bool> {
    value_at(table, way)?.get_ref().as_bool()
}

/// The values of a list; none if there is no list.
pub(super) fn list_at<'t, 'i>(
    table: &'t DeTable<'i>,
    way: &[&str],
) -> impl Iterator<Item = &'t Spanned<DeValue<'i>>> {
    let list = value_at(table, way).and_then(|value| value.get_ref().as_array());
    list.into_iter().flat_map(|list| list.iter())
}

/// `start` is where in `text` the piece begins that the error is about.
fn problem(path: &str, text: &str, start: usize, error: &toml::de::Error) -> Problem {
    let line = error
        .span()
        .map(|span| Lines::new(text).at(start + span.start));
    Problem::new(
        path,
        line,
        format!("is not valid here: {}", error.message()),
    )
}
