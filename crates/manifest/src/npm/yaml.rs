//! YAML as the package managers write it: into typed fields that borrow from the text, within limits.
//!
//! Never through an untyped value: `1.10` would become a number. What is borrowed tells its line ([`crate::lines::Lines`])
//! in less time and memory than spans would.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::limits::FILE_BYTES_MAX;
use crate::reading::Problem;

/// Levels of nesting, fewer than elsewhere: each takes some 20 kB of stack, and a lockfile has six.
const DEPTH_MAX: usize = 32;
/// Anchors and their uses in one file. The package managers write none.
const ALIASES_MAX: usize = 1_000;
/// Events that all uses of anchors may repeat together.
const REPEATED_MAX: usize = 100_000;
/// Characters of a key: peers of peers make long ones.
const KEY_CHARS_MAX: usize = 64 * 1024;

/// Reads the first document of a text.
pub(crate) fn read<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, Problem> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let line = error.location().map(|location| location.line());
        let line = line
            .and_then(|line| u32::try_from(line).ok())
            .filter(|line| *line > 0);
        // The first line says what is wrong; what follows shows the place, which the problem tells by itself.
        let wrong = error.without_snippet().to_string();
        let wrong = wrong.lines().next().unwrap_or_default().to_owned();
        Problem::new(path, line, format!("cannot be read: {wrong}"))
    })
}

/// The size of the file is bounded already, so every count that grows with it alone is bounded by that.
fn options() -> serde_saphyr::Options {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_events = 2 * FILE_BYTES_MAX;
    budget.max_nodes = FILE_BYTES_MAX;
    budget.max_total_scalar_bytes = FILE_BYTES_MAX;
    budget.max_depth = DEPTH_MAX;
    budget.flow_nesting_limit = DEPTH_MAX;
    budget.simple_key_max_lookahead = KEY_CHARS_MAX;
    budget.max_aliases = ALIASES_MAX;
    budget.max_anchors = ALIASES_MAX;
    budget.max_documents = 2;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.alias_limits.max_total_replayed_events = REPEATED_MAX;
    options
}

/// A text, borrowed wherever the file has it as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;
        impl<'de> Visitor<'de> for AsText {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(AsText)
    }
}

/// The entries of a mapping, in the order of the file; none for `null`.
#[derive(Debug)]
pub(super) struct Entries<'a, V>(pub(super) Vec<(Text<'a>, V)>);

impl<V> Default for Entries<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'a, V> Deref for Entries<'a, V> {
    type Target = [(Text<'a>, V)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> Entries<'_, V> {
    /// The first with this key. For mappings of a few entries.
    pub(super) fn find(&self, key: &str) -> Option<&V> {
        self.iter()
            .find(|(name, _)| &**name == key)
            .map(|(_, value)| value)
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Entries<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsEntries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for AsEntries<V> {
            type Value = Entries<'de, V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a mapping")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(Entries::default())
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Entries::default())
            }

            fn visit_some<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_map(self)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_option(AsEntries(PhantomData))
    }
}
