//! JSON as it stands in a file: parts are borrowed, so that each can be told its line.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::lines::Lines;
use crate::reading::Problem;

/// A text; borrowed unless it has escapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// An object, its members as they stand, also those whose key stands twice. Anything else counts as an empty one, as the
/// package managers have it.
#[derive(Debug)]
pub(crate) struct Members<'a, T>(pub(crate) Vec<(Cow<'a, str>, T)>);

/// A value of whatever kind: for the small parts of a manifest that may be written in several ways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Tree<'a> {
    Text(Cow<'a, str>),
    List(Vec<Tree<'a>>),
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
    True,
    /// A number, `false`, `null`.
    #[default]
    Other,
}

impl<'a> Tree<'a> {
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn members(self) -> Vec<(Cow<'a, str>, Tree<'a>)> {
        match self {
            Self::Object(members) => members,
            _ => Vec::new(),
        }
    }

    /// The last member of this name counts, as for the package managers.
    pub(super) fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let at = members.iter().rposition(|(key, _)| key == name)?;
        Some(std::mem::take(&mut members[at].1))
    }

    /// The texts of a list; what is no text is passed over.
    pub(super) fn texts(self) -> Vec<Cow<'a, str>> {
        match self {
            Self::List(items) => items.into_iter().filter_map(Tree::text).collect(),
            _ => Vec::new(),
        }
    }
}

impl<T> Default for Members<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Reads the whole text as `T`; the problem names the line.
pub(crate) fn parse<'a, T: Deserialize<'a>>(path: &str, text: &'a str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        Problem::new(
            path,
            line,
            format!("is not the JSON that this file should be: {what}"),
        )
    })
}

/// The line of a part of the text; of a part that had escapes, that of what it stands in.
pub(crate) fn line_of(lines: &Lines<'_>, part: &str, section: Option<u32>) -> Option<u32> {
    lines.of(part).or(section)
}

/// What is not of the kind asked for is passed over.
macro_rules! pass_over {
    ($other:expr; $($visit:ident($kind:ty)),*) => {
        $(fn $visit<E: Error>(self, _: $kind) -> Result<Self::Value, E> { Ok($other) })*
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> { Ok($other) }
    };
}

pub(super) use pass_over;

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Members<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<'a, T>(PhantomData<(&'a (), T)>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for Any<'a, T> {
            type Value = Members<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Text<'a>, T>()? {
                    members.push((key.0, value));
                }
                Ok(Members(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Members::default())
            }

            pass_over!(
                Members::default();
                visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str)
            );
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tree<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Any<'a> {
            type Value = Tree<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Tree::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Tree::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E: Error>(self, is_true: bool) -> Result<Self::Value, E> {
                Ok(if is_true { Tree::True } else { Tree::Other })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Text<'a>, Tree<'a>>()? {
                    members.push((key.0, value));
                }
                Ok(Tree::Object(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }

            pass_over!(Tree::Other; visit_i64(i64), visit_u64(u64), visit_f64(f64));
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}
